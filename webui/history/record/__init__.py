"""Writing the history: actions, entries, the hash chain, and the seals of rows."""
