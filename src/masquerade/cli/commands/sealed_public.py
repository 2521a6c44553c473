"""``masquerade sealed probe|match``: what cameras and the cloud do with the public part; no key, no name."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.answer_types import FileAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import note
from masquerade.cli.outputs import Overwrite
from masquerade.errors import UsageError
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.files.opening import read_file
from masquerade.files.outputs import require_output

PublicPart = Annotated[
    Path, typer.Argument(help="Public part of a gallery: its folder public.", show_default=False)
]
LARGEST = 1 << 20
"""Bytes of a probe; it takes 74 KB."""


def probe(
    public: PublicPart,
    photo: Annotated[Path, typer.Argument(help="Photo of a face.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Probe file to write.", show_default=False)],
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Turn a photo into a sealed probe, which its maker cannot open; needs only the public part."""
    require_output(out, Kind.PROBE, overwrite=overwrite)
    from masquerade.data.intake import read
    from masquerade.sealed.faces import FaceVectors
    from masquerade.sealed.probe import Camera

    camera = Camera.load(public)
    faces = FaceVectors.of(public, camera.manifest)
    data = camera.probe(faces.of_photos([read(photo)[0]], [str(photo)])[0])
    write_durably(out, [data])
    answer(FileAnswer(path=str(out), bytes=len(data)), as_json, f"{len(data):,} bytes: {out}")


def match(
    public: PublicPart,
    probe: Annotated[Path, typer.Argument(help="Probe file, from `sealed probe`.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Answer file to write.", show_default=False)],
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Score a sealed probe against the whole gallery without opening either; needs only the public part."""
    require_output(out, Kind.ANSWER, overwrite=overwrite)
    from masquerade.sealed.match import CloudGallery
    from masquerade.sealed.match import match as matched

    scores = matched(CloudGallery(public), contents(probe, "probe"))
    write_durably(out, [scores])
    answer(FileAnswer(path=str(out), bytes=len(scores)), as_json, f"{len(scores):,} bytes: {out}")
    note("Only the gallery's owner can open it: `masquerade sealed open`.")


def contents(path: Path, what: str, largest: int = LARGEST) -> bytes:
    """All bytes of a file.

    Raises:
        UsageError: If it cannot be read, or is too large.
    """
    try:
        return read_file(path, largest)
    except OSError as error:
        raise UsageError(
            f"the {what} cannot be read", value=error.strerror, place=path, remedy="Check the path."
        ) from None
