"""Webhooks: the signing secret, the events, and their delivery to the customer's address."""
