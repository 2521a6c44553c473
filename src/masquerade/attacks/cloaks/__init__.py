"""Attacks on cloaks: HyperObf, Fawkes, LowKey."""
