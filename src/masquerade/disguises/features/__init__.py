"""Crafter: features that a model-inversion attacker turns into an average face."""
