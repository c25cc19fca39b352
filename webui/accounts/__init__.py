"""Accounts: sign-in and sign-out, second factors, sessions, and self-service."""
