"""What the database itself refuses and keeps in step."""
