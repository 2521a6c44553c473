"""``masquerade sealed new|enrol|people|remove|reseal``: the owner's commands on a sealed gallery."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.answer_types import SealedGallery, SealedPeople
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import note, open_key, progress
from masquerade.cli.numbers import number
from masquerade.cli.options import FacesOption, FpirOption, PeopleOption, sum_up
from masquerade.cli.result_lines import say_rows
from masquerade.faces.reading import way_of
from masquerade.files.outputs import require_folder
from masquerade.keys import Key
from masquerade.owner.records import Records
from masquerade.owner.sealed.owned import OwnedGallery, Pointer
from masquerade.training.open_set import FPIR

GalleryFolder = Annotated[Path, typer.Argument(help="Gallery folder, from `sealed new`.", show_default=False)]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", "-k", help="The owner's key file.", show_default="the one given to `sealed new`"),
]


def owner_of(gallery: Path, key: Path | None) -> tuple[Key, Records]:
    """The owner's key and records, of the file that is given or that the gallery was made with.

    Raises:
        UsageError: If it is no gallery.
        KeyFileError: If the key's file cannot be used.
    """
    path = key or Pointer.read(gallery).key
    return open_key(path), Records.beside(path)


def new(
    key: Annotated[Path, typer.Argument(help="The owner's key file.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Gallery folder to write.", show_default=False)],
    recogniser: Annotated[str, typer.Option(help="Public recogniser: a name or a file.")] = "sface",
    fpir: FpirOption = FPIR,
    faces: FacesOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Make an empty gallery of sealed vectors: a public part for cameras and the cloud, and a secret part."""
    require_folder(out, {})
    from masquerade.owner.sealed.creating import create

    made = create(out, key, open_key(key), recogniser=recogniser, faces=way_of(faces), fpir=fpir)
    facts = SealedGallery(public=str(made.public), secret=str(made.path))
    answer(facts, as_json, f"for cameras and the cloud: {made.public}", f"for you alone: {made.path}")
    note("Keep a copy of the public part; `masquerade key backup` includes the secret part.")


def enrol(
    gallery: GalleryFolder,
    photos: Annotated[Path, typer.Argument(help="Photos, in a folder for each person.", show_default=False)],
    key: KeyOption = None,
    people: PeopleOption = None,
    strangers: Annotated[
        Path | None,
        typer.Option(
            help="Photos of people who are not known; they set the threshold.",
            show_default="the built-in faces",
        ),
    ] = None,
    fpir: Annotated[
        float | None,
        number(
            1e-6,
            0.99,
            "New false-positive identification rate: share of strangers' photos that may be named.",
            show_default="as it is",
        ),
    ] = None,
    accept_alike: Annotated[
        bool, typer.Option(help="Enrol people whom the recogniser cannot tell apart.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Enrol people in a sealed gallery, one vector each.

    Safe to interrupt; run the same command again to resume.
    """
    from masquerade.owner.sealed.enrolling import enrol_folder

    secret, records = owner_of(gallery, key)
    with progress("enrolling") as told:
        done = enrol_folder(
            gallery,
            secret,
            records,
            photos,
            people=people,
            strangers=strangers,
            fpir=fpir,
            accept_alike=accept_alike,
            progress=told,
        )
    note(done.unknown)
    before = f", {done.before} were enrolled before" if done.before else ""
    facts = SealedPeople(
        people=done.all, blocks=done.blocks, enrolled=done.people, without=list(done.without)
    )
    now = f"{numbers_of(done.all)} in {blocks_of(done.blocks)}"
    answer(facts, as_json, f"enrolled {numbers_of(done.people)}{before}; {now}")
    for person in done.without:
        note(f"not enrolled, all photos were rejected: {person}")
    sum_up(done.notices, done.turned_away)


def people(gallery: GalleryFolder, key: KeyOption = None, as_json: AsJson = False) -> None:
    """List the people in a sealed gallery."""
    record = OwnedGallery.open(gallery, *owner_of(gallery, key)).record
    say_rows(("person",), ((name,) for name in sorted(record.people)), as_json=as_json)


def remove(
    gallery: GalleryFolder,
    person: Annotated[str, typer.Argument(help="The person's name.", show_default=False)],
    key: KeyOption = None,
    as_json: AsJson = False,
) -> None:
    """Remove a person from a sealed gallery; only that person's block is sealed anew."""
    from masquerade.owner.sealed.removing import remove_person

    secret, records = owner_of(gallery, key)
    left = remove_person(gallery, secret, records, person)
    blocks = len(OwnedGallery.open(gallery, secret, records).record.blocks)
    facts = SealedPeople(people=left, blocks=blocks, enrolled=0, without=[])
    answer(facts, as_json, f"removed; {numbers_of(left)} left")
    note(
        "Old copies of the public part still hold the person, sealed: have the cloud delete them, or reseal."
    )


def reseal(gallery: GalleryFolder, key: KeyOption = None, as_json: AsJson = False) -> None:
    """Seal the whole gallery under a new secret key; cameras and the cloud need the new public part."""
    from masquerade.owner.sealed.resealing import reseal as seal_anew

    record = seal_anew(gallery, *owner_of(gallery, key))
    people, blocks = len(record.people), len(record.blocks)
    facts = SealedPeople(people=people, blocks=blocks, enrolled=0, without=[])
    answer(facts, as_json, f"sealed anew: {numbers_of(people)} in {blocks_of(blocks)}")
    note("Earlier probes and answers are refused from now on.")


def numbers_of(people: int) -> str:
    """A number of people, in words."""
    return "1 person" if people == 1 else f"{people:,} people"


def blocks_of(count: int) -> str:
    """A number of blocks, in words."""
    return "1 block" if count == 1 else f"{count:,} blocks"
