"""Attacks that ask for no recipe: they run on every protection."""
