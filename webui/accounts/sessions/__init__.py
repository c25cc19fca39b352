"""Sessions of browsers, the account of a request, and whether its row can be trusted."""
