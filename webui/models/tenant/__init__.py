"""The tenant's table with its constraints, and the tables that belong to a tenant."""
