"""Tenants: find one, understand it, change it safely."""
