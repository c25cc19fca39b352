"""What all pages share: errors, htmx, headers, paging, URLs, template filters."""
