"""Deep learning on faces without handing over who is in the pictures, and an honest measure of how well it works.

    import masquerade as mq

Each name below is loaded when it is first asked for, so that the import itself takes no torch and no time.
"""

from importlib import import_module
from typing import Any, Final

__version__: str

_WHERE: Final = {
    "Attack": "masquerade.attacks.base",
    "Classifier": "masquerade.api.classifier",
    "Cloaked": "masquerade.api.cloaks",
    "Control": "masquerade.attacks.base",
    "Disguise": "masquerade.disguises.base",
    "Identified": "masquerade.api.classifier",
    "Info": "masquerade.api.catalogue",
    "Key": "masquerade.keys.key",
    "KeyFile": "masquerade.keys.handle",
    "Keyed": "masquerade.disguises.base",
    "KeyedProtection": "masquerade.api.keyed",
    "MaskNet": "masquerade.api.cloaks",
    "Protection": "masquerade.api.protection",
    "ReleasedDataset": "masquerade.released.dataset",
    "Report": "masquerade.api.report",
    "Traits": "masquerade.traits",
    "View": "masquerade.attacks.base",
    "audit": "masquerade.api.auditing",
    "audit_released": "masquerade.api.audit_released",
    "cloak": "masquerade.api.cloaks",
    "craft": "masquerade.api.crafting",
    "disguise_folder": "masquerade.api.folders",
    "list_attacks": "masquerade.api.catalogue",
    "list_metrics": "masquerade.api.catalogue",
    "list_protections": "masquerade.api.catalogue",
    "train": "masquerade.api.learning",
}
"""Where each public name is defined; ``__init__.pyi`` says it to type checkers, and a test compares the two."""

_MODULES: Final = {
    "errors": "masquerade.errors",
    "sklearn": "masquerade.api.sklearn",
    "testing": "masquerade.testing",
}
"""Names that are modules."""

__all__ = ["__version__", *_WHERE, *_MODULES]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name == "__version__":  # importlib.metadata costs a small command a third more
        from importlib.metadata import version

        return version("masquerade")
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _WHERE:
        found = getattr(import_module(_WHERE[name]), name)
        # a package of that name, once imported, stands there, and is called as the function is
        return globals().get(name, found)
    raise AttributeError(f"module 'masquerade' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
