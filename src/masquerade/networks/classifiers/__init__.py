"""Classifiers for original and disguised images: shapes in, shapes out."""
