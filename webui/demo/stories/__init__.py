"""Stories of tenants: their steps in the order of time, and the values in them."""
