"""Metrics of what a protection leaves of the task."""
