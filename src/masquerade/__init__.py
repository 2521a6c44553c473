"""Deep learning on faces without handing over who is in the pictures, and an honest measure of how well it works."""

from importlib.metadata import version

__version__ = version("masquerade")
