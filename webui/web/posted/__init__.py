"""Posted forms: their base, what protects them, and what keeps the input."""
