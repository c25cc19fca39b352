"""Sign-in: password, second step, passkey."""
