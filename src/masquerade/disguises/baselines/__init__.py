"""Other people's protections, which the four systems are compared with."""
