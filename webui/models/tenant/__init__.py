"""The tenant's table, its rules, and what belongs to it."""
