"""Links with which a person chooses a password: invitations and password resets."""
