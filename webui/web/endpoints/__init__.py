"""Addresses of the site itself: static files, health, security.txt, CSP reports."""
