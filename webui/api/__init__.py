"""The JSON API of the platform: the same sections, limits, rules and history as the pages."""
