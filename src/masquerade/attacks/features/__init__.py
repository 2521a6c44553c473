"""Attacks on features: Crafter and what it is compared with."""
