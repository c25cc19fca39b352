"""Self-service: what people change in their own account."""
