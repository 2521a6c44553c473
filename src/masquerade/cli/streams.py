"""stdout and stderr of a command: every name can be written, and what cannot be written is told once.

Python's own streams say "Exception ignored" when the reader of stdout has gone, after whatever the command said last,
and stop a command whose notes nobody reads.
"""

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Final, TextIO, final

from masquerade.errors import MasqueradeError

_STDOUT: Final = 1
_STDERR: Final = 2


class OutputFailed(MasqueradeError):
    """stdout cannot be written: a full disk, for instance."""


class OutputClosed(Exception):
    """Whoever read stdout has gone: nothing is wrong, and nothing more is wanted."""


def take_over() -> None:
    """Put streams in place of stdout and stderr that fail as this module says."""
    for number in (_STDOUT, _STDERR):
        if (sys.stdout, sys.stderr)[number - 1] is None:
            _occupy(number)
    sys.stdout = _text(_Stdout(_STDOUT, "wb", closefd=False), sys.stdout)
    sys.stderr = _text(_Stderr(_STDERR, "wb", closefd=False), sys.stderr)


@final
class _Stdout(FileIO):
    """Raises an error of ours at the first failure and drops everything later, so that the end is quiet."""

    failed = False

    def write(self, data: object, /) -> int:
        if self.failed:
            return memoryview(data).nbytes  # type: ignore[arg-type]
        try:
            return super().write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            self.failed = True
            raise OutputClosed from None
        except OSError as error:
            self.failed = True
            raise OutputFailed(
                "the output cannot be written",
                value=error.strerror,
                place="stdout",
                remedy="Make room, or write elsewhere.",
            ) from None


@final
class _Stderr(FileIO):
    """Drops what cannot be written: a job does not fail since its notes do."""

    def write(self, data: object, /) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except OSError:
            return memoryview(data).nbytes  # type: ignore[arg-type]


def _text(raw: FileIO, before: TextIO | None) -> TextIOWrapper:
    """A stream of text with the encoding of another; what that cannot write comes out as an escape."""
    encoding = getattr(before, "encoding", None) or "utf-8"
    live = raw.isatty() or isinstance(raw, _Stderr)
    return TextIOWrapper(BufferedWriter(raw), encoding, errors="backslashreplace", line_buffering=live)


def _occupy(number: int) -> None:
    """Give a stream that is closed a place, so that no file of the command gets its number; it cannot be written."""
    free = os.open(os.devnull, os.O_RDONLY)
    if free != number:
        os.dup2(free, number)
        os.close(free)
