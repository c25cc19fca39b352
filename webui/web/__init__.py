"""What every page shares: errors, htmx, headers, paging, addresses, template filters."""
