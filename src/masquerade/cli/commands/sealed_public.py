"""``masquerade sealed probe|match``: what cameras and the cloud do with the public part; no key, no name."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.console import note, say
from masquerade.cli.outputs import Overwrite
from masquerade.errors import UsageError
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.files.opening import read_file
from masquerade.files.outputs import require_output

PublicPart = Annotated[Path, typer.Argument(help="The gallery's folder public.", show_default=False)]
LARGEST = 1 << 20
"""Bytes of a probe; it takes 74 KB."""


def probe(
    public: PublicPart,
    photo: Annotated[Path, typer.Argument(help="Photo of a face.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Probe to write.", show_default=False)],
    overwrite: Overwrite = False,
) -> None:
    """Turn a photo into a sealed probe, which whoever made it cannot open; needs the public part alone."""
    require_output(out, Kind.PROBE, overwrite=overwrite)
    from masquerade.data.intake import read
    from masquerade.sealed.faces import FaceVectors
    from masquerade.sealed.probe import Camera

    camera = Camera.load(public)
    faces = FaceVectors.of(public, camera.manifest)
    data = camera.probe(faces.of_photos([read(photo)[0]], [str(photo)])[0])
    write_durably(out, [data])
    say(f"{len(data):,} bytes: {out}")


def match(
    public: PublicPart,
    probe: Annotated[Path, typer.Argument(help="What `sealed probe` wrote.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Answer to write.", show_default=False)],
    overwrite: Overwrite = False,
) -> None:
    """Score a sealed probe against everybody, without opening either; needs the public part alone."""
    require_output(out, Kind.ANSWER, overwrite=overwrite)
    from masquerade.sealed.match import CloudGallery
    from masquerade.sealed.match import match as matched

    answer = matched(CloudGallery(public), contents(probe, "probe"))
    write_durably(out, [answer])
    say(f"{len(answer):,} bytes: {out}")
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
