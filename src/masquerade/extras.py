"""What optional parts need, and the words that say how to get it."""

import shlex
import sys
from importlib.metadata import PackageNotFoundError, requires


def requirements(extra: str) -> list[str]:
    """The packages that an optional part needs, such as ``onnx>=1.17``; none if the project is not installed."""
    try:
        every = requires("masquerade") or []
    except PackageNotFoundError:
        return []
    split = (line.partition(";") for line in every)
    return [name.strip() for name, _, marker in split if f"extra=={extra}" in _bare(marker)]


def how_to_install(extra: str) -> str:
    """A remedy: the command that installs what an optional part needs.

    It names the packages themselves, for this interpreter: the project may have been installed from a checkout or
    a wheel, and is in no index.
    """
    packages = requirements(extra)
    if not packages:
        return f"Install masquerade from its checkout or wheel with the extra {extra}."
    return f"Run: {shlex.join([sys.executable or 'python', '-m', 'pip', 'install', *packages])}"


def _bare(marker: str) -> str:
    return marker.translate(str.maketrans("", "", " '\""))
