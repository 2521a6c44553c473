"""Attacks that name people from class labels, counts and resemblances."""
