"""The database triggers, which protect the history and other rows also against direct SQL."""
