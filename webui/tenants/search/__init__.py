"""Search for tenants: search terms, filters, and the SQL statements of the list."""
