"""Metrics of pictures: how alike, how far."""
