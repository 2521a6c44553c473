"""Attacks on disguises of tokens: XNN and XNN-d."""
