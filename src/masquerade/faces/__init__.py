"""Faces in whole photos: where they are, and the upright squares that recognisers are shown."""

from masquerade.faces.finder import Face, FaceFinder

__all__ = ["Face", "FaceFinder"]
