"""Delivery of events: address guard, HTTP client, retry schedule, and the order of tenants."""
