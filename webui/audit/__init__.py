"""The history's pages: list, entry, undo, exports and verification."""
