"""History entries as sentences for people: one module per subject."""
