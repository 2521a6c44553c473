"""What happened, as a chain that cannot be shortened unnoticed."""
