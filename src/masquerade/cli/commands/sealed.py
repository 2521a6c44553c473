"""``masquerade sealed new|enrol|people|remove|reseal``: what the owner of a sealed gallery does to it."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.console import note, open_key, progress, say
from masquerade.cli.numbers import number
from masquerade.cli.options import FacesOption, FpirOption, PeopleOption, sum_up
from masquerade.cli.result_lines import say_rows
from masquerade.faces.reading import way_of
from masquerade.files.outputs import require_folder
from masquerade.keys import Key
from masquerade.owner.records import Records
from masquerade.owner.sealed.owned import OwnedGallery, Pointer
from masquerade.training.open_set import FPIR

GalleryFolder = Annotated[Path, typer.Argument(help="What `sealed new` made.", show_default=False)]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", "-k", help="The owner's key file.", show_default="where it was at `sealed new`"),
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
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the gallery.", show_default=False)],
    recogniser: Annotated[str, typer.Option(help="A public recogniser by name, or its file.")] = "sface",
    fpir: FpirOption = FPIR,
    faces: FacesOption = "auto",
) -> None:
    """Make a gallery of sealed vectors, with nobody in it: a part for cameras and the cloud, and a secret one."""
    require_folder(out, {})
    from masquerade.owner.sealed.creating import create

    made = create(out, key, open_key(key), recogniser=recogniser, faces=way_of(faces), fpir=fpir)
    say(f"for cameras and the cloud: {made.public}")
    say(f"for you alone: {made.path}")
    note("The public part is nowhere else: keep a copy. `masquerade key backup` keeps the secret one.")


def enrol(
    gallery: GalleryFolder,
    photos: Annotated[Path, typer.Argument(help="Folder of person folders.", show_default=False)],
    key: KeyOption = None,
    people: PeopleOption = None,
    strangers: Annotated[
        Path | None,
        typer.Option(help="Photos of people who are not known.", show_default="the built-in faces"),
    ] = None,
    fpir: Annotated[
        float | None, number(1e-6, 0.99, "Share of strangers' photos that may be named from now on.")
    ] = None,
    accept_alike: Annotated[
        bool, typer.Option(help="Take people in whom the recogniser does not tell apart.")
    ] = False,
) -> None:
    """Take people into a sealed gallery, one vector each. Can be stopped and called again."""
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
    before = f", {done.before} were in before" if done.before else ""
    say(f"enrolled {numbers_of(done.people)}{before}; {numbers_of(done.all)} in {blocks_of(done.blocks)}")
    for person in done.without:
        note(f"none of the photos can be taken in: {person}")
    sum_up(done.notices, done.turned_away)


def people(gallery: GalleryFolder, key: KeyOption = None) -> None:
    """Print who is in a sealed gallery."""
    record = OwnedGallery.open(gallery, *owner_of(gallery, key)).record
    say_rows(("person",), ((name,) for name in sorted(record.people)))


def remove(
    gallery: GalleryFolder,
    person: Annotated[str, typer.Argument(help="Who goes.", show_default=False)],
    key: KeyOption = None,
) -> None:
    """Take one person out of a sealed gallery; the block that they were in is sealed anew, others stay."""
    from masquerade.owner.sealed.removing import remove_person

    left = remove_person(gallery, *owner_of(gallery, key), person)
    say(f"removed; {numbers_of(left)} left")
    note(
        "Old copies of the public part still hold the person, sealed: have the cloud delete them, or reseal."
    )


def reseal(gallery: GalleryFolder, key: KeyOption = None) -> None:
    """Seal everybody anew under a new secret key; cameras and the cloud need the new public part."""
    from masquerade.owner.sealed.resealing import reseal as seal_anew

    record = seal_anew(gallery, *owner_of(gallery, key))
    say(f"sealed anew: {numbers_of(len(record.people))} in {blocks_of(len(record.blocks))}")
    note("Probes and answers from before are refused from now on.")


def numbers_of(people: int) -> str:
    """So many people, in words."""
    return "1 person" if people == 1 else f"{people:,} people"


def blocks_of(count: int) -> str:
    """So many blocks, in words."""
    return "1 block" if count == 1 else f"{count:,} blocks"
