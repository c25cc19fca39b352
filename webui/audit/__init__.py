"""The pages of the history: list, entry, undo, exports and verification."""
