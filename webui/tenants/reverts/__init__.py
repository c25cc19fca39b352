"""Undoing a change by its history entry."""
