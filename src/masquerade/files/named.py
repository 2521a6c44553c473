"""Networks that are asked for by the name under which they come along, or by their file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from masquerade.errors import ModelError, UsageError


class Digested(Protocol):
    """What has a name and a digest of its numbers."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal digits."""


Opened = TypeVar("Opened")
SomeDigested = TypeVar("SomeDigested", bound=Digested)


def open_named(
    name_or_path: str | Path,
    shipped: Sequence[str],
    by_name: Callable[[str], Opened],
    read: Callable[[Path], Opened],
    what: str,
    writer: str = "masquerade",
) -> Opened:
    """What a name or a path means.

    Args:
        name_or_path: What was asked for.
        shipped: Names that need no file.
        by_name: Opens one of them.
        read: Opens a file.
        what: What messages call it.
        writer: The command that writes such files.

    Raises:
        UsageError: If there is neither such a name nor such a file.
    """
    if str(name_or_path) in shipped:
        return by_name(str(name_or_path))
    path = Path(name_or_path)
    if not path.exists():
        program = f"`{writer}`" if " " in writer else writer
        names = f", or one of {', '.join(shipped)}" if shipped else ""
        raise UsageError(
            f"no such {what}", value=name_or_path, remedy=f"Name a file that {program} wrote{names}."
        )
    return read(path)


def require_digest(found: SomeDigested, digest: str, what: str) -> SomeDigested:
    """What was found, if it has that digest.

    Raises:
        ModelError: If it has another.
    """
    if found.digest != digest:
        raise ModelError(
            f"another {what} than the one that was used",
            value=f"digest {found.digest[:12]}, expected {digest[:12]}",
            place=f"{what} {found.name}",
            remedy="Use the file, or the version of masquerade, that was used before.",
        )
    return found
