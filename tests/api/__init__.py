"""The JSON API, as programs use it."""
