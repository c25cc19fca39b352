"""The life of the encryption keys: added, promoted, rotated to, retired (DESIGN 5)."""
