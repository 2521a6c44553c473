"""Sealed galleries: who is this, answered by somebody who sees neither the face nor the gallery.

What a camera and a cloud need, and nothing else: nothing here knows a key of the owner's or a name, and an import rule
says so. Vectors of faces are encrypted under the owner's public key (BGV, Brakerski, Gentry and Vaikuntanathan 2012,
by Microsoft SEAL), the cloud computes all scores on ciphertexts, and whoever holds the secret key opens them. It holds
while ring-LWE is hard at 128 bits.
"""
