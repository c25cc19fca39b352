"""Posted forms: base classes, protection, and drafts of unsaved input."""
