"""The owner's side of a sealed gallery: who is in it, and who is on an answer. Rests on ring-LWE, as ``sealed`` does.

Whoever holds the owner's key holds the gallery. What changes the public part never learns what an answer said: an
import rule keeps ``opening`` away from everything here that writes, since whoever sees how an owner reacts to answers
of their choice may learn the secret key from it.
"""
