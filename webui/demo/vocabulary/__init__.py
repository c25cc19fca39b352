"""What demo data is made of: names, words of many languages, people and reasons."""
