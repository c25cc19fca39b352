"""Accounts: signing in and out, and the sessions behind it."""
