"""Networks of Crafter: split networks, face generators, decoders."""
