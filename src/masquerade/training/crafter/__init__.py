"""Trainings of Crafter: generators, split networks, decoders, and what it is compared with."""
