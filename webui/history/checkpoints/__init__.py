"""Signed checkpoints of the chain, and how much of it they cover."""
