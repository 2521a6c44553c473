"""Metrics of who is named, linked or recognised."""
