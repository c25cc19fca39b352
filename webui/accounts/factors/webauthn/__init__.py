"""Passkeys by the WebAuthn protocol: challenges, ceremonies, registration and use."""
