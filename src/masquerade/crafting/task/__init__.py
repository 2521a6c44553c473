"""A task in a few numbers: statistics of answers, banks of features, and what a phone needs."""
