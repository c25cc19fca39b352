"""Keyed seals of rows: which columns they cover, and which rows do not match their seal."""
