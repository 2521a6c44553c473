"""What the commands print: results on stdout; progress, notes and errors on stderr.

Texts of strangers go through here on their way to a terminal, names of files and answers of providers among them:
nothing in them can move the cursor, turn the direction of text or begin a line.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from masquerade.cli.passphrase import passphrase
from masquerade.data.printable import one_line

if TYPE_CHECKING:
    from masquerade.keys import Key

notes = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


_PATIENCE: Final = 60.0
"""Seconds without a line, after which a job that is slow says where it is."""
_MINUTE: Final = 60


class CommandFailed(Exception):
    """A command did its work, and its exit code says that something was not as it should be."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class Advance(Protocol):
    """Tells how far a job is."""

    def __call__(self, done: int, total: int, words: str = "") -> None:
        """``done`` of ``total``, and a word on what is going on."""


def say(words: str) -> None:
    """A result: a line on stdout."""
    typer.echo(one_line(words))


def on_terminal() -> bool:
    """Whether somebody reads the results as they come."""
    return sys.stdout.isatty()


def note(words: str = "") -> None:
    """A line on stderr."""
    notes.print(one_line(words), markup=False)


def complain(words: str) -> None:
    """An error on stderr."""
    notes.print("error:", style="bold red", end=" ")
    notes.print(one_line(words), markup=False)


@contextmanager
def progress(title: str) -> Iterator[Advance]:
    """A bar with an estimate on a terminal; elsewhere a plain line with one, every tenth of the way or minute."""
    if not notes.is_terminal:
        yield _plain(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, TextColumn("{task.fields[words]}", markup=False), console=notes, transient=True
    ) as bar:
        task = bar.add_task(title, words="", total=None)

        def advance(done: int, total: int, words: str = "") -> None:
            bar.update(task, completed=done, total=total, words=words)

        yield advance


def _plain(title: str, clock: Callable[[], float] = time.monotonic) -> Advance:
    tenth, told = -1, clock()
    first: tuple[int, float] | None = None  # a job that goes on does not begin at 0

    def advance(done: int, total: int, words: str = "") -> None:
        nonlocal tenth, told, first
        now = clock()
        first = first or (done, now)
        if 10 * done // max(total, 1) == tenth and now - told < _PATIENCE:
            return
        tenth, told = 10 * done // max(total, 1), now
        parts = (f"{title}: {done} of {total}", _left(total - done, done - first[0], now - first[1]), words)
        note(", ".join(part for part in parts if part))

    return advance


def _left(to_do: int, done: int, seconds: float) -> str:
    """How long the rest takes if it goes on as it went; empty if nothing is known or left."""
    if to_do <= 0 or done <= 0:
        return ""
    rest = to_do * seconds / done
    if rest < _MINUTE:
        return f"about {rest:.0f} s left"
    minutes = round(rest / _MINUTE)
    return f"about {minutes} min left" if minutes < _MINUTE else f"about {minutes / _MINUTE:.1f} h left"


def open_key(path: Path) -> "Key":
    """The owner's key; asks for the passphrase where the file has one.

    Raises:
        KeyFileError: If the file cannot be used.
    """
    from masquerade.keys import Key, describe

    if not describe(path).protected:
        return Key.load(path)
    return Key.load(path, passphrase())


def ask(words: str, *, hidden: bool = False) -> str:
    """What is typed at the terminal."""
    return notes.input(words, password=hidden, markup=False, emoji=False)
