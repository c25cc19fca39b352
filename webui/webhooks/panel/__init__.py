"""The webhook panel of the tenant page, its pages and its operations."""
