"""What everything else stands on: the catalogue of fields, permissions, the extensions."""
