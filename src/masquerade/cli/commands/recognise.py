"""``masquerade recogniser fit``, ``enrol``, ``embed``, and how ``identify`` names photos: with a key, or at home."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeVar, final

import typer

from masquerade.cli.answer_types import GalleryAnswer, HomeAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import note, open_key, progress
from masquerade.cli.old_names import UNTIL
from masquerade.cli.options import (
    ClosedSet,
    FacesOption,
    FpirOption,
    PeopleOption,
    person_files,
    photo_files,
    sum_up,
)
from masquerade.cli.outputs import Overwrite
from masquerade.cli.result_lines import say_matches, say_names, say_vectors, write_vectors
from masquerade.errors import PhotoRejected, UsageError
from masquerade.faces.reading import way_of
from masquerade.files.kinds import Kind, kind_behind
from masquerade.files.outputs import require_output
from masquerade.owner.at_home.fitting import Fitted, fit_home
from masquerade.owner.at_home.networks import network_beside, network_file
from masquerade.owner.at_home.recogniser import HomeRecogniser
from masquerade.owner.gallery import Gallery, GalleryModel
from masquerade.owner.recognise import PhotoRecogniser, Prediction
from masquerade.owner.records import Records
from masquerade.training.open_set import FPIR, OpenSet

Result = TypeVar("Result")
BUILT_IN: Final = (
    "The built-in strangers are grey studio photos: with them, four times as many strangers of LFW were named as "
    "asked for. Photos like yours, of other people, set the threshold better: --strangers FOLDER."
)
AT_HOME: Final = (
    "The built-in strangers are grey studio photos; photos like yours, of other people, set the threshold better: "
    "--strangers FOLDER."
)
Model = Annotated[
    Path, typer.Argument(help="Model file, from `train` or `recogniser fit`.", show_default=False)
]
Photos = Annotated[list[Path], typer.Argument(help="Photos or folders of photos.", show_default=False)]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key", "-k", help="The owner's key file; needed for a model from `train`.", show_default=False
    ),
]
Strangers = Annotated[
    Path | None,
    typer.Option(
        help="Photos (or a feature file) of people who are not known; they set the threshold.",
        show_default="the built-in faces",
    ),
]


@final
class FeaturesName(StrEnum):
    """What is taken of a network."""

    vector = "vector"
    maps = "maps"


@final
class MethodName(StrEnum):
    """How a network's features become vectors."""

    as_is = "as-is"
    whitening = "whitening"
    discriminants = "discriminants"


def fit(
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.", show_default=False)],
    photos: Annotated[
        Path | None, typer.Argument(help="Folder of person folders to learn from.", show_default=False)
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Take what is public, no photos of yours.")
    ] = False,
    network: Annotated[str, typer.Option(help="A public network by name, or its file.")] = "sface",
    features: Annotated[
        FeaturesName | None,
        typer.Option(help="What is taken of the network.", show_default="vector, if it has one, else maps"),
    ] = None,
    method: Annotated[
        MethodName | None,
        typer.Option(
            help="Take a vector as it is, or learn a map of the features.",
            show_default="as-is with --public, if there is a vector; else whitening",
        ),
    ] = None,
    people: PeopleOption = None,
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Fit a recogniser on this machine, on your photos or on what is public; nothing leaves."""
    if public is (photos is not None):
        raise UsageError(
            "a recogniser is fitted either on photos or on what is public",
            value="both" if public else "neither",
            remedy="Give a folder of person folders, or --public.",
        )
    require_output(out, Kind.HOME, overwrite=overwrite)
    if (given := network_file(network)) is not None:
        require_output(network_beside(out), kind_behind(given), overwrite=overwrite)
    with progress("fitting") as told:
        done = fit_home(
            out,
            photos,
            network=network,
            features=None if features is None else features.value,
            method=None if method is None else method.value,
            people=people,
            faces=way_of(faces),
            progress=told,
        )
    note(_fitted(done))
    card = done.card
    facts = HomeAnswer(
        path=str(out),
        network=card.network,
        features=card.features,
        method=card.method,
        source=card.source,
        photos=card.photos,
        people=card.people,
        seconds=round(done.seconds, 1),
    )
    answer(facts, as_json, str(out))
    note("It names people of a gallery: `masquerade identify MODEL VISITORS --gallery FRIENDS`.")
    sum_up(done.notices, done.rejected)


def _fitted(done: Fitted) -> str:
    card = done.card
    if card.source == "nothing":
        return f"{card.network}'s own vector, {card.size} numbers; nothing was learnt, and no photo read"
    return (
        f"{card.method} of {card.network}'s {card.features}, {card.size} numbers, from {card.photos} photos of "
        f"{card.people} people ({card.source}), {done.seconds:.0f} s of processor time"
    )


def enrol(
    model: Model,
    photos: Annotated[
        list[Path], typer.Argument(help="Photos, in a folder for each person.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Gallery file to write.", show_default=False)],
    key: KeyFile = None,
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
    key: KeyFile = None,
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
    key: Path | None,
    gallery: Path | None,
    fpir: float,
    strangers: Path | None,
    closed_set: bool,
    as_json: bool,
) -> None:
    """Print who is on each photo: of the people trained on, or of a gallery.

    Args:
        model: What ``train`` or ``recogniser fit`` wrote.
        photos: Photos, or folders of photos.
        key: The owner's key, for a model of disguised photos.
        gallery: A gallery file that was made with the model, or a folder of person folders.
        fpir: Share of strangers' photos that may be named.
        strangers: Photos of people who are not known; the built-in faces without it.
        closed_set: Whether the nearest person is named in any case.
        as_json: Whether lines are JSON.

    Raises:
        CommandFailed: If photos were rejected.
        MasqueradeError: If key, model, gallery or paths cannot be used.
    """
    recogniser = _opened(model, key)
    turned_away: list[PhotoRejected] = []
    without: list[PhotoRejected] = []
    if gallery is not None:
        known, without = _gallery(gallery, recogniser)
        files = photo_files(photos)
        words = AT_HOME if isinstance(recogniser, HomeRecogniser) else BUILT_IN
        unknown = None if closed_set else _told(known.open_set(recogniser, fpir, strangers), strangers, words)
        found = known.identify(recogniser, files, unknown)
        say_matches(sorted_out(found, turned_away.append), as_json=as_json)
    elif isinstance(recogniser, HomeRecogniser):
        raise UsageError(
            "a recogniser that was fitted at home knows nobody by itself",
            place="--gallery",
            remedy="Say who may be named: --gallery FOLDER, with a folder for each person.",
        )
    else:
        files = photo_files(photos)
        unknown = None if closed_set else _told(recogniser.open_set(fpir, strangers), strangers)
        say_names(sorted_out(recogniser.names(files, unknown), turned_away.append), as_json=as_json)
    sum_up(recogniser.notices(), [*without, *turned_away], len(without) + len(files))


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


def is_home(model: Path) -> bool:
    """Whether a file is one that ``recogniser fit`` wrote."""
    try:
        return kind_behind(model) is Kind.HOME
    except OSError:
        return False


def _told(unknown: OpenSet, strangers: Path | None, words: str = BUILT_IN) -> OpenSet:
    note(str(unknown))
    if strangers is None:
        note(words)
    return unknown


def _opened(model: Path, key: Path | None) -> PhotoRecogniser | HomeRecogniser:
    if not is_home(model):
        key = require_key(key)
        return PhotoRecogniser.open(model, open_key(key), Records.beside(key))
    if key is not None:
        raise UsageError("this model needs no key", value=key, place="--key", remedy="Leave it out.")
    return HomeRecogniser.open(model)


def _gallery(path: Path, recogniser: GalleryModel) -> tuple[Gallery, list[PhotoRejected]]:
    """A gallery out of its file, or of the people in a folder of person folders, and photos that were rejected."""
    if not path.is_dir():
        return Gallery.read(path, recogniser), []
    return Gallery.enrol(recogniser, [(photo.person, photo.path) for photo in person_files([path])])


def _enrol(
    recogniser: GalleryModel, roots: list[Path], out: Path, table: Path | None, as_json: bool
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
