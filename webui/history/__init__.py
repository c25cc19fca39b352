"""The history: who changed what, when, from where and why."""
