"""Compares the rows of `tenants` and `users` with what the entries about them replay to."""
