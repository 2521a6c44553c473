"""Backups, and how a database is opened and restored."""
