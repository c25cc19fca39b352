"""Onboarding of business users: sign-up, and the wizard that sets up their organisation."""
