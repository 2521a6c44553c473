"""``masquerade disguise``: photos and key in, a folder to release out."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli import numbers
from masquerade.cli.answer_types import FolderAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import CommandFailed, note, open_key, progress
from masquerade.cli.exit_codes import SOME_FAILED
from masquerade.cli.options import (
    AddressOption,
    EngineOption,
    FacesOption,
    PeopleOption,
    WorkersOption,
    with_encoder,
    with_size,
)
from masquerade.data.photo_tree import told
from masquerade.engines import engine_named
from masquerade.faces.reading import way_of
from masquerade.files.outputs import require_folder
from masquerade.keys import KeyFile
from masquerade.owner.disguise_folder import DisguiseSummary, disguise_folder, threads_of
from masquerade.owner.records import Records
from masquerade.recipes import Recipe
from masquerade.recipes import recipe as recipe_named
from masquerade.recipes.measured import verdict_on

Key = Annotated[Path, typer.Option("--key", "-k", help="The owner's key file.", show_default=False)]
Photos = Annotated[Path, typer.Argument(help="Photos, in a folder for each person.", show_default=False)]
Released = Annotated[
    Path, typer.Option("--out", "-o", help="Folder to write, which may leave.", show_default=False)
]
Fewest = Annotated[int, numbers.count(1, "Leave out people with fewer photos.", "--min-photos")]
AcceptBroken = Annotated[
    bool, typer.Option(help="Release although attacks break the recipe, or none was run on it.")
]
Overwrite = Annotated[bool, typer.Option(help="Delete what is in the output folder.")]
DryRun = Annotated[
    bool, typer.Option(help="Only check the photos: say which would be rejected, write nothing.")
]


def disguise(
    photos: Photos,
    out: Released,
    key: Key,
    recipe: Annotated[
        str, typer.Option("--recipe", "-r", help="A protection of `list recipes`.")
    ] = "blocks-noise",
    size: Annotated[
        str | None, typer.Option(help="HEIGHTxWIDTH in pixels.", show_default="the recipe's")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Name or file of an encoder.", show_default="the recipe's")
    ] = None,
    min_photos: Fewest = 1,
    accept_broken: AcceptBroken = False,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    faces: FacesOption = "auto",
    people: PeopleOption = None,
    engine: EngineOption = "threads",
    workers: WorkersOption = None,
    address: AddressOption = None,
    as_json: AsJson = False,
) -> None:
    """Disguise photos under the owner's key.

    Safe to interrupt; run the same command again to resume.
    """
    if not dry_run:
        require_folder(out, {})
    chosen = with_encoder(with_size(recipe_named(recipe), size), encoder)
    tell_verdict(chosen, accept_broken or dry_run)
    chosen_engine = engine_named(engine, threads_of(workers), address)
    with progress("disguising") as told:
        summary = disguise_folder(
            photos,
            out,
            open_key(key) if chosen_engine is None else KeyFile(key),
            Records.beside(key),
            chosen,
            min_images=min_photos,
            progress=told,
            accept_broken=accept_broken,
            overwrite=overwrite,
            dry_run=dry_run,
            faces=way_of(faces),
            people=people,
            workers=workers,
            engine=chosen_engine,
        )
    tell(summary, chosen, as_json)


def tell_verdict(recipe: Recipe, goes_on: bool) -> None:
    """Say how attacks fared on a recipe that is about to be released; else the refusal says it."""
    verdict = verdict_on(recipe)
    if goes_on or not verdict.asks:
        note(f"{recipe.name}: {verdict}")


def tell(summary: DisguiseSummary, recipe: Recipe, as_json: bool) -> None:
    """Say what a job did; notes go to stderr.

    Raises:
        CommandFailed: If photos were rejected.
    """
    for words in summary.notices:
        note(words)
    for words in summary.warnings:
        note(f"warning: {words}")
    _tell_rejected(summary)
    verb = "released" if summary.finished else "would release"
    size = summary.bytes / 1e6
    people = summary.people - len(summary.without_images)
    facts = FolderAnswer(
        folder=str(summary.folder),
        written=summary.finished,
        recipe=summary.recipe,
        verdict=verdict_on(recipe).short,
        images=summary.images,
        people=people,
        shards=summary.shards,
        bytes=summary.bytes,
        rejected=list(summary.turned_away),
    )
    answer(
        facts,
        as_json,
        f"{verb} {summary.images} images of {people} people as {summary.recipe}, "
        f"{summary.shards} shards, {size:.1f} MB: {summary.folder}",
    )
    if summary.rejected:
        raise CommandFailed(SOME_FAILED)


def _tell_rejected(summary: DisguiseSummary) -> None:
    """Each photo after a dry run; else the first of each kind, and where all are listed."""
    if not summary.finished:
        for line in summary.turned_away:
            note(f"would be rejected: {line['photo']}: {line['rejection']} {line['detail']}".rstrip())
        return
    by_rejection: dict[str, list[str]] = {}
    for line in summary.turned_away:
        by_rejection.setdefault(line["rejection"], []).append(line["photo"])
    for words in told(by_rejection, "rejected, "):
        note(words)
    if by_rejection:
        note(f"all rejected photos are listed in {summary.rejected_list}")
