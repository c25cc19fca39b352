"""Signing in: password, second step, passkey."""
