"""Limits on tries: what is counted, how long a try has to wait (ASVS 5.0, 6.3.1)."""
