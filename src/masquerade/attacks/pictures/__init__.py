"""Attacks on pictures that some tool made of photos: two folders are all that they ask for."""
