"""HyperObf's trainings: a hypernetwork, and the MaskNets that it is compared with (thesis, chapters 4 and 5)."""
