"""Attacks on disguises of blocks: Disguised-Nets."""
