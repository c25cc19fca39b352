"""Reading the history: filters, pages of entries, and differences of values."""
