"""Delivering events: the address guard, the client, the schedule, whose turn it is."""
