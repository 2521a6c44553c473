"""Attacks on InstaHide and NeuraCrypt."""
