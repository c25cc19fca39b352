"""Tenants: search, pages, edits and reverts."""
