"""What the commands print: results on stdout; progress, notes and errors on stderr.

Texts of strangers go through here on their way to a terminal, names of files and answers of providers among them:
nothing in them can move the cursor, turn the direction of text or begin a line.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from masquerade.cli.passphrase import passphrase
from masquerade.data.printable import one_line

if TYPE_CHECKING:
    from masquerade.keys import Key

notes = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


SOME_FAILED = 2
"""Exit code of a command that did its work, but not for every photo or row."""


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
    """A bar with an estimate on a terminal; a plain line every tenth of the way elsewhere."""
    if not notes.is_terminal:
        yield _plain(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[words]}"), console=notes, transient=True) as bar:
        task = bar.add_task(title, words="", total=None)

        def advance(done: int, total: int, words: str = "") -> None:
            bar.update(task, completed=done, total=total, words=words)

        yield advance


def _plain(title: str) -> Advance:
    last = -1

    def advance(done: int, total: int, words: str = "") -> None:
        nonlocal last
        tenth = 10 * done // max(total, 1)
        if tenth != last:
            last = tenth
            note(f"{title}: {done} of {total} {words}".rstrip())

    return advance


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
