"""Encryption of stored values: the only package that imports ``cryptography``."""
