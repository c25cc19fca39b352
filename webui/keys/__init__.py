"""The life cycle of encryption keys: add, promote, rotate, retire (DESIGN 5)."""
