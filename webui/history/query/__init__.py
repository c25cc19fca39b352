"""Reading the history: filters, pages of entries, values side by side."""
