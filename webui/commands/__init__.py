"""The commands ``setup``, ``users`` and ``demo``, and the functions of ``setup``."""
