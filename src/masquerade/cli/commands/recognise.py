"""``masquerade enrol|embed``, and what ``identify`` does with a model of disguised photos and the owner's key."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from masquerade.cli.answer_types import GalleryAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import note, open_key
from masquerade.cli.old_names import UNTIL
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
    "The built-in strangers are grey studio photos: with them, four times as many strangers of LFW were named as "
    "asked for. Photos like yours, of other people, set the threshold better: --strangers FOLDER."
)
Model = Annotated[Path, typer.Argument(help="Model file, from `train`.", show_default=False)]
Photos = Annotated[list[Path], typer.Argument(help="Photos or folders of photos.", show_default=False)]
KeyFile = Annotated[Path, typer.Option("--key", "-k", help="The owner's key file.", show_default=False)]
Strangers = Annotated[
    Path | None,
    typer.Option(
        help="Photos (or a feature file) of people who are not known; they set the threshold.",
        show_default="the built-in faces",
    ),
]


def enrol(
    model: Model,
    photos: Annotated[
        list[Path], typer.Argument(help="Photos, in a folder for each person.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Gallery file to write.", show_default=False)],
    key: KeyFile,
    people: PeopleOption = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Make a gallery of people whom the model was not trained on."""
    require_output(out, Kind.GALLERY, overwrite=overwrite)
    recogniser = _opened(model, key)
    rejected = _enrol(recogniser, photos, out, people, as_json)
    sum_up(recogniser.notices(), rejected)


def embed(
    model: Model,
    photos: Photos,
    key: KeyFile,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write (.npz).", show_default="lines on stdout"),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Compute the recognition vector of each photo."""
    if out is not None:
        _require_npz(out, "--out", overwrite)
    recogniser = _opened(model, key)
    turned_away: list[PhotoRejected] = []
    vectors = sorted_out(recogniser.vectors(photo_files(photos)), turned_away.append)
    if out is None:
        say_vectors(vectors, as_json=as_json)
    else:
        write_vectors(out, vectors, as_json=as_json)
    sum_up(recogniser.notices(), turned_away)


def names_of(
    model: Path,
    photos: list[Path],
    key: Path,
    gallery: Path | None,
    fpir: float,
    strangers: Path | None,
    closed_set: bool,
    as_json: bool,
) -> None:
    """Print who is on each photo: of the people trained on, or of a gallery.

    Raises:
        CommandFailed: If photos were rejected.
        MasqueradeError: If key, model, gallery or paths cannot be used.
    """
    recogniser = _opened(model, key)
    turned_away: list[PhotoRejected] = []
    known = None if gallery is None else Gallery.read(gallery, recogniser)
    files = photo_files(photos)
    if known is not None:
        unknown = None if closed_set else _told(known.open_set(recogniser, fpir, strangers), strangers)
        found = known.identify(recogniser, files, unknown)
        say_matches(sorted_out(found, turned_away.append), as_json=as_json)
    else:
        unknown = None if closed_set else _told(recogniser.open_set(fpir, strangers), strangers)
        say_names(sorted_out(recogniser.names(files, unknown), turned_away.append), as_json=as_json)
    sum_up(recogniser.notices(), turned_away, len(files))


def require_key(key: Path | None) -> Path:
    """The key, which must be given.

    Raises:
        UsageError: If it is not.
    """
    if key is None:
        raise UsageError(
            "a model of disguised photos needs the owner's key", place="--key", remedy="Give --key FILE."
        )
    return key


enrol_people, embed_photos = enrol, embed


def predict(
    model: Annotated[Path, typer.Argument(help="The trained model.", show_default=False)],
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.", show_default=False)],
    key: Annotated[Path, typer.Option("--key", "-k", help="The owner's key file.", show_default=False)],
    as_json: AsJson = False,
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
    """Old name of `identify`, and of `enrol` and `embed` with these options."""
    _require_one_wish(embed, enrol, gallery)
    if enrol is not None:
        _hint("enrol")
        enrol_people(model, photos, enrol, key, people, overwrite, as_json)
    elif embed is not None:
        _hint("embed")
        embed_photos(model, photos, key, None if embed == "-" else Path(embed), overwrite, as_json)
    else:
        _hint("identify")
        names_of(model, photos, key, gallery, fpir, strangers, closed_set, as_json)


def _hint(new: str) -> None:
    note(f"`masquerade predict` is now `masquerade {new}`; the old name works until {UNTIL}.")


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


def _opened(model: Path, key: Path) -> PhotoRecogniser:
    return PhotoRecogniser.open(model, open_key(key), Records.beside(key))


def _enrol(
    recogniser: PhotoRecogniser, roots: list[Path], out: Path, table: Path | None, as_json: bool
) -> list[PhotoRejected]:
    photos = [(photo.person, photo.path) for photo in person_files(roots, table)]
    gallery, rejected = Gallery.enrol(recogniser, photos)
    gallery.save(out)
    people = len(set(gallery.card.people))
    facts = GalleryAnswer(gallery=str(out), people=people, photos=len(gallery.vectors))
    answer(facts, as_json, f"enrolled {people} people from {len(gallery.vectors)} photos: {out}")
    note("The gallery holds names: keep it with the owner, like the key.")
    return rejected


def _require_one_wish(embed: str | None, enrol: Path | None, gallery: Path | None) -> None:
    wishes = {"--embed": embed, "--enrol": enrol, "--gallery": gallery}
    given = [option for option, value in wishes.items() if value is not None]
    if len(given) > 1:
        raise UsageError("options that exclude each other", value=" ".join(given), remedy="Give one of them.")


def _require_npz(out: Path, option: str, overwrite: bool) -> None:
    if out.suffix != ".npz":
        raise UsageError("vectors are written to an .npz file", value=out, place=option)
    require_output(out, Kind.VECTORS, overwrite=overwrite)
