"""``masquerade sealed open``: the owner reads who was shown. It writes nothing, and an import rule says so."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.console import open_key
from masquerade.cli.result_lines import say_rows
from masquerade.errors import UsageError
from masquerade.files.opening import read_file
from masquerade.owner.records import Records
from masquerade.owner.sealed.opening import Opener
from masquerade.owner.sealed.owned import OwnedGallery, Pointer

_LARGEST = 1 << 30
"""Bytes of an answer; one of a gallery of a million people takes 18 MB."""


def open_(
    gallery: Annotated[Path, typer.Argument(help="What `sealed new` made.", show_default=False)],
    answers: Annotated[list[Path], typer.Argument(help="What `sealed match` wrote.", show_default=False)],
    probe: Annotated[
        Path | None, typer.Option(help="The probe, if it is at hand: another one's answer is then noticed.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", "-k", help="The owner's key file.", show_default="where it was at `sealed new`"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of CSV.")] = False,
) -> None:
    """Name who was shown, or say unknown; tells no score."""
    path = key or Pointer.read(gallery).key
    opener = Opener(OwnedGallery.open(gallery, open_key(path), Records.beside(path)))
    shown = None if probe is None else _contents(probe)
    rows = ((answer, opener.person(_contents(answer), shown)) for answer in answers)
    say_rows(("answer", "person"), rows, as_json=as_json)


def _contents(path: Path) -> bytes:
    try:
        return read_file(path, _LARGEST)
    except OSError as error:
        raise UsageError(
            "the file cannot be read", value=error.strerror, place=path, remedy="Check the path."
        ) from None
