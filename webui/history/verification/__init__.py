"""Verifies the stored history, and compares the rows of tables with it."""
