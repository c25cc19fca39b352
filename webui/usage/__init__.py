"""What tenants used per month: reports of it, thresholds of the call limit, corrections."""
