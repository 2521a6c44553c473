"""Networks of cloaks: MaskNets, hypernetworks, generators of cloaks."""
