"""Finished pieces of audits on disk, so that a killed study goes on where it was. JSON only; takes no key."""

import json
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, final

from masquerade.audit.alone import SUFFIX, alone
from masquerade.audit.code_version import code_version
from masquerade.files.durable import write_durably

_HEX: Final = "[0-9a-f]" * 24
_KEPT: Final = (
    f"{_HEX}.json",
    f"features-{_HEX}.safetensors",
    f"crafted-{_HEX}.safetensors",
    f"model-{_HEX}.safetensors",
    f"*{_HEX}.*{SUFFIX}",
    f"{_HEX}.*.part",
)
"""Files that an audit keeps in its folder."""


def forget(folder: Path) -> None:
    """Remove the pieces that an audit kept, and the folder if nothing else is in it."""
    for pattern in _KEPT:
        for path in folder.glob(pattern):
            path.unlink()
    with suppress(OSError):
        folder.rmdir()


def name_of(what: dict[str, Any]) -> str:
    """The name of a piece: a digest of all that determines it, 24 hexadecimal digits."""
    return sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:24]


@final
class Store:
    """Pieces by the digest of all that determines them.

    Args:
        folder: Where pieces outlast the process; with None they are kept in memory only.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, dict[str, Any]] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def before(self) -> int:
        """Finished pieces on disk."""
        return 0 if self._folder is None else len(list(self._folder.glob(_KEPT[0])))

    def has(self, name: str) -> bool:
        """Whether the piece of that name is finished."""
        return name in self._memory or (self._folder is not None and (self._folder / f"{name}.json").exists())

    def piece(self, what: dict[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The piece that ``what`` determines: read back, or made and kept.

        Args:
            what: Plain data that determine the piece, the revisions of the code that makes it among them.
            make: Computes it, as plain data.
        """
        name = name_of(what)
        if name not in self._memory:
            self._memory[name] = (
                make() if self._folder is None else _on_disk(self._folder / f"{name}.json", what, make)
            )
        return self._memory[name]


def _on_disk(path: Path, what: dict[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    if not path.exists():
        with alone(path):
            if not path.exists():  # whoever held it before may have made it
                piece = {**make(), "commit": code_version()}
                write_durably(path, [json.dumps({"what": what, "piece": piece}).encode()])
                return piece
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["piece"]
    return kept
