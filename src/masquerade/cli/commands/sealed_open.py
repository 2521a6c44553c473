"""``masquerade sealed open``: the owner reads who was shown. It writes nothing, and an import rule says so."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.answers import AsJson
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
    gallery: Annotated[Path, typer.Argument(help="Gallery folder, from `sealed new`.", show_default=False)],
    answers: Annotated[
        list[Path], typer.Argument(help="Answer files, from `sealed match`.", show_default=False)
    ],
    probe: Annotated[
        Path | None, typer.Option(help="The probe, to check that the answer belongs to it.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", "-k", help="The owner's key file.", show_default="the one given to `sealed new`"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open an answer: name the person, or say unknown. Shows no scores."""
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
