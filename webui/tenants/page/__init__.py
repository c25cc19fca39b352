"""The pages of tenants, and what they show."""
