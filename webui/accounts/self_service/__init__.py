"""What people do to their own account."""
