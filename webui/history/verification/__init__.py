"""Verifying the history as it is stored, and replaying it against the rows."""
