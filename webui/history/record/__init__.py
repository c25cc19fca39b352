"""Writing the history: actions, the entry, its chain and its seals."""
