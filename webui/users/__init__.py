"""Accounts as staff see them: the list, the page of one, and what may be done to it."""
