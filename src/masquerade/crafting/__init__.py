"""Crafter: features crafted so that their inversion shows a face drawn from the prior (Wang et al., NDSS 2024).

No key is in it: an attacker can rehearse with it.
"""
