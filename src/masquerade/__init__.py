"""Deep learning on faces without handing over who is in the pictures, and an honest measure of how well it works."""

__version__: str


def __getattr__(name: str) -> str:
    if (
        name == "__version__"
    ):  # read when it is asked for: importlib.metadata costs a small command a third more
        from importlib.metadata import version

        return version("masquerade")
    raise AttributeError(f"module 'masquerade' has no attribute {name!r}")
