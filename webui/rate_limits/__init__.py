"""Rate limits on sign-in and other tries: counters and delays (ASVS 5.0, 6.3.1)."""
