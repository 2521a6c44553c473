"""Disguised-Nets: permutation, matrices and noise of blocks."""
