"""Deep learning on faces without handing over who is in the pictures, and an honest measure of how well it works.

    import masquerade as mq

Each name below is loaded when it is first asked for, so that the import itself takes no torch and no time.
"""

from importlib import import_module
from typing import Any, Final

__version__: str

_WHERE: Final = {
    "Classifier": "masquerade.api.classifier",
    "Cloaked": "masquerade.api.cloaks",
    "Identified": "masquerade.api.classifier",
    "MaskNet": "masquerade.api.cloaks",
    "ReleasedDataset": "masquerade.released.dataset",
    "cloak": "masquerade.api.cloaks",
    "train": "masquerade.api.learning",
}
"""Where each public name is defined."""

__all__ = ["__version__", *_WHERE]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name == "__version__":  # importlib.metadata costs a small command a third more
        from importlib.metadata import version

        return version("masquerade")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'masquerade' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
