"""Finding tenants: the words of a search, the filters, the statements of the list."""
