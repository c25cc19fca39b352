"""Links that let a person choose a password: invitations, and forgotten passwords."""
