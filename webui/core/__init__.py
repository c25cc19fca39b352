"""The base of all packages: the catalogue of fields, permissions and the Flask extensions."""
