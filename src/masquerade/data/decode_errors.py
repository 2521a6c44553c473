"""What goes wrong while a photo is read concerns that photo alone: every failure becomes a ``PhotoRejected``."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from masquerade.data.containers import ContainerRejected
from masquerade.data.printable import printable
from masquerade.data.rejection import Rejection
from masquerade.errors import MasqueradeError, PhotoRejected

_BLAMES_FILE = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


@contextmanager
def blaming(place: Path | str) -> Iterator[None]:
    """Turn whatever a file does to a decoder into a ``PhotoRejected`` that names ``place``.

    What has a name already keeps it.
    """
    try:
        yield
    except MasqueradeError:
        raise
    except ContainerRejected as turned:
        raise rejected(turned.rejection, place, turned.detail, turned.remedy) from None
    except _BLAMES_FILE as error:
        kind = Rejection.TRUNCATED if "truncated" in str(error).lower() else Rejection.DAMAGED
        raise rejected(kind, place, _said(error)) from error
    except Exception as error:  # whatever a file does to the decoder concerns that file only
        raise rejected(Rejection.DECODER_FAILURE, place, _said(error)) from error


def rejected(rejection: Rejection, place: Path | str, detail: str = "", remedy: str = "") -> PhotoRejected:
    """The error that turns a photo away."""
    return PhotoRejected(rejection, place=printable(place), detail=detail, remedy=remedy)


def _said(error: Exception) -> str:
    """What the decoder said, in at most 120 characters and without addresses in memory."""
    return printable(f"{type(error).__name__}: {error}".split(" object at 0x")[0])[:120]
