"""``masquerade predict``: names, recognition vectors and galleries, from a trained model and the owner's key."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from masquerade.cli.console import note, open_key, say
from masquerade.cli.options import ClosedSet, FpirOption, PeopleOption, person_files, photo_files, sum_up
from masquerade.cli.outputs import Overwrite
from masquerade.cli.result_lines import say_matches, say_names, say_vectors, write_vectors
from masquerade.errors import PhotoRejected, UsageError
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_output
from masquerade.owner.gallery import Gallery
from masquerade.owner.recognise import PhotoRecogniser, Prediction
from masquerade.owner.records import Records
from masquerade.training.open_set import FPIR, OpenSet

Result = TypeVar("Result")
BUILT_IN: Final = (
    "The built-in strangers are grey studio photos: of strangers on LFW's, four times as many were named as asked for. "
    "Photos like yours, of other people, set the threshold better: --strangers FOLDER."
)


def predict(
    model: Annotated[Path, typer.Argument(help="The trained model.", show_default=False)],
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.", show_default=False)],
    key: Annotated[Path, typer.Option("--key", "-k", help="The owner's key file.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of CSV.")] = False,
    embed: Annotated[
        str | None, typer.Option(help="Write recognition vectors to this .npz file, or - for lines.")
    ] = None,
    enrol: Annotated[
        Path | None, typer.Option(help="Make a gallery file of PHOTOS, which are folders of person folders.")
    ] = None,
    gallery: Annotated[
        Path | None, typer.Option(help="Name the most alike person of this gallery instead.")
    ] = None,
    people: PeopleOption = None,
    fpir: FpirOption = FPIR,
    strangers: Annotated[
        Path | None,
        typer.Option(help="Photos of people who are not known.", show_default="the built-in faces"),
    ] = None,
    closed_set: ClosedSet = False,
    overwrite: Overwrite = False,
) -> None:
    """Name the person on each photo, or say unknown; a wrong key is refused before the first photo is opened."""
    _require_one_wish(embed, enrol, gallery)
    if enrol is not None:
        require_output(enrol, Kind.GALLERY, overwrite=overwrite)
    if embed not in (None, "-"):
        require_output(Path(str(embed)), Kind.VECTORS, overwrite=overwrite)
    recogniser = PhotoRecogniser.open(model, open_key(key), Records.beside(key))
    turned_away: list[PhotoRejected] = []
    if enrol is not None:
        turned_away += _enrol(recogniser, photos, enrol, people)
    elif gallery is not None:
        known = Gallery.read(gallery, recogniser)
        files = photo_files(photos)
        unknown = None if closed_set else _told(known.open_set(recogniser, fpir, strangers), strangers)
        found = known.identify(recogniser, files, unknown)
        say_matches(sorted_out(found, turned_away.append), as_json=as_json)
    elif embed is not None:
        vectors = sorted_out(recogniser.vectors(photo_files(photos)), turned_away.append)
        say_vectors(vectors, as_json=as_json) if embed == "-" else write_vectors(Path(embed), vectors)
    else:
        files = photo_files(photos)
        unknown = None if closed_set else _told(recogniser.open_set(fpir, strangers), strangers)
        names = recogniser.names(files, unknown)
        say_names(sorted_out(names, turned_away.append), as_json=as_json)
    sum_up(recogniser.notices(), turned_away)


def recognised(
    model: Path, photos: list[Path], key: Path, turned_away: Callable[[PhotoRejected], None]
) -> Iterator[Prediction]:
    """The most probable person on all photos that can be read, strangers too; the others go to ``turned_away``.

    Raises:
        MasqueradeError: If key, model or paths cannot be used; before the first photo is opened.
    """
    recogniser = PhotoRecogniser.open(model, open_key(key), Records.beside(key))
    return sorted_out(recogniser.names(photo_files(photos)), turned_away)


def sorted_out(
    results: Iterable[Result | PhotoRejected], turned_away: Callable[[PhotoRejected], None]
) -> Iterator[Result]:
    """The results; photos that were turned away go to ``turned_away``."""
    for result in results:
        if isinstance(result, PhotoRejected):
            turned_away(result)
        else:
            yield result


def _told(unknown: OpenSet, strangers: Path | None) -> OpenSet:
    note(str(unknown))
    if strangers is None:
        note(BUILT_IN)
    return unknown


def _enrol(
    recogniser: PhotoRecogniser, roots: list[Path], out: Path, table: Path | None
) -> list[PhotoRejected]:
    photos = [(photo.person, photo.path) for photo in person_files(roots, table)]
    gallery, rejected = Gallery.enrol(recogniser, photos)
    gallery.save(out)
    people = len(set(gallery.card.people))
    say(f"enrolled {people} people from {len(gallery.vectors)} photos: {out}")
    note("The gallery holds names: it stays with the owner, like the key.")
    return rejected


def _require_one_wish(embed: str | None, enrol: Path | None, gallery: Path | None) -> None:
    wishes = {"--embed": embed, "--enrol": enrol, "--gallery": gallery}
    given = [option for option, value in wishes.items() if value is not None]
    if len(given) > 1:
        raise UsageError("options that exclude each other", value=" ".join(given), remedy="Give one of them.")
    if embed not in (None, "-") and not str(embed).endswith(".npz"):
        raise UsageError("vectors go into an .npz file", value=embed, place="--embed", remedy="Or write -.")
