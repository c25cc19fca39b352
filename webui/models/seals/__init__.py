"""Keyed seals of rows: which columns, and which rows do not match."""
