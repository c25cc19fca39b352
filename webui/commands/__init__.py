"""The commands ``setup``, ``users`` and ``demo``, and what ``setup`` does."""
