"""Cloaks: HyperObf, Fawkes, LowKey, and ours."""
