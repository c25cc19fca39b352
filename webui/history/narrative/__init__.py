"""The history as sentences: a module for each thing it is about."""
