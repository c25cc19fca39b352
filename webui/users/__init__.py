"""Accounts as staff see them: the list, the page of an account, and actions on it."""
