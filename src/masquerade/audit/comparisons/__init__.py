"""What protections are compared with."""
