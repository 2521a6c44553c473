"""How far an audit is, and about how long the rest takes."""

import time
from collections.abc import Callable
from typing import Any, Protocol, final

Say = Callable[[str], None]
"""Takes one line of progress."""


class Progress(Protocol):
    """Hears what becomes of the pieces of an audit."""

    total: int

    def begin(self, words: str) -> None:
        """A piece is begun."""

    def made(self, make: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        """The same, heard of when it is called."""

    def done(self, name: str) -> None:
        """A piece is there."""


@final
class Steps:
    """Counts pieces as they are done, made or read back.

    Args:
        total: Different pieces of the audit.
        say: Takes a line whenever a piece is begun.
    """

    def __init__(self, total: int, say: Say) -> None:
        self.total = total
        self._say = say
        self._done: set[str] = set()
        self._made = 0
        self._started = time.monotonic()

    @property
    def read_back(self) -> int:
        """Pieces that were finished before."""
        return len(self._done) - self._made

    def begin(self, words: str) -> None:
        """Say that a piece is begun: which of how many, what, and an estimate as soon as there is one."""
        self._say(f"[{len(self._done) + 1}/{self.total}{self._rest()}] {words}")

    def made(self, make: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        """The same, and counted as work of this process."""

        def counted() -> dict[str, Any]:
            piece = make()
            self._made += 1
            return piece

        return counted

    def done(self, name: str) -> None:
        """Count a piece, once."""
        self._done.add(name)

    def _rest(self) -> str:
        """About how long the rest takes, if pieces go on to take what they took on average."""
        if not self._made:
            return ""
        each = (time.monotonic() - self._started) / self._made
        minutes = each * (self.total - len(self._done)) / 60
        return f", about {minutes:.0f} min left" if minutes >= 1 else ", less than a minute left"
