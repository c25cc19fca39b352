"""Sections, forms, rules, conflicts and operations of tenants."""
