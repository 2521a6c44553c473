"""``masquerade craft``: photos and key in, a folder of crafted features to release out."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli import numbers
from masquerade.cli.answers import AsJson
from masquerade.cli.commands.disguise import (
    AcceptBroken,
    DryRun,
    Fewest,
    Key,
    Overwrite,
    Photos,
    Released,
    tell,
    tell_verdict,
)
from masquerade.cli.console import open_key, progress
from masquerade.cli.options import FacesOption, PeopleOption, names_in
from masquerade.errors import UsageError
from masquerade.faces.reading import way_of
from masquerade.files.outputs import require_folder
from masquerade.owner.craft_folder import CRAFTED, crafting_recipe
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from masquerade.recipes import current_name


def craft(
    photos: Photos,
    out: Released,
    key: Key,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", "-r", help="Or crafter-z, task-only, k-same ...", show_default="crafter"),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="File from `encoder train`.", show_default="split-1")
    ] = None,
    generator: Annotated[
        str | None, typer.Option(help="File from `generator train`.", show_default="faces-1")
    ] = None,
    beta: Annotated[
        float | None,
        numbers.number(0, 1_000_000, "Weight of utility relative to privacy.", show_default="the recipe's"),
    ] = None,
    amortised: Annotated[bool, typer.Option(help="Craft with a trained network, in one pass.")] = False,
    refine: Annotated[
        int | None,
        numbers.steps("Iterations after that pass; only with --amortised.", 0, show_default="0"),
    ] = None,
    iterations: Annotated[
        int | None,
        numbers.steps("Optimisation steps; 500 in the paper.", show_default="the recipe's"),
    ] = None,
    batch: Annotated[
        int | None,
        numbers.number(1, 4096, "Photos crafted together.", show_default="the recipe's"),
    ] = None,
    numbers_sent: Annotated[
        int | None,
        numbers.number(
            1, 64, "Numbers sent for a photo; task-only.", "--numbers", show_default="the recipe's"
        ),
    ] = None,
    noise: Annotated[
        float | None,
        numbers.number(0, 1_000_000, "Deviation of noise on them; task-only.", show_default="the recipe's"),
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="Attributes to keep, with commas; task-only.", show_default="all")
    ] = None,
    answers: Annotated[
        str | None, typer.Option(help="File from `encoder answers`; task-only.", show_default="answers-1")
    ] = None,
    bank: Annotated[
        str | None, typer.Option(help="File from `encoder bank`; k-same.", show_default="faces-1")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Cache of crafted features.", show_default="among the key's records")
    ] = None,
    min_photos: Fewest = 1,
    accept_broken: AcceptBroken = False,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    faces: FacesOption = "auto",
    people: PeopleOption = None,
    as_json: AsJson = False,
) -> None:
    """Craft features of faces that resist inversion.

    Safe to interrupt; run the same command again to resume.

    With ``--recipe task-only`` the task's answers leave in a few numbers instead of features; with ``k-same``, means
    of others' features.

    Crafted features are cached per photo and reused; keep the cache as secret as the key. Rows are always shuffled.
    """
    if not dry_run:
        require_folder(out, {})
    name = recipe or ("crafter-amortised" if amortised else "crafter")
    _require_consistent(name, amortised=amortised, refine=refine, iterations=iterations)
    chosen = crafting_recipe(
        name,
        encoder=encoder,
        generator=generator,
        answers=answers,
        bank=bank,
        task=names_in(task),
        change={
            "beta": beta,
            "iterations": iterations,
            "refine": refine,
            "batch": batch,
            "numbers": numbers_sent,
            "deviation": noise,
        },
    )
    tell_verdict(chosen, accept_broken or dry_run)
    with progress("crafting") as told:
        summary = disguise_folder(
            photos,
            out,
            open_key(key),
            Records.beside(key),
            chosen,
            min_images=min_photos,
            accept_broken=accept_broken,
            overwrite=overwrite,
            dry_run=dry_run,
            faces=way_of(faces),
            people=people,
            cache=cache,
            progress=told,
        )
    tell(summary, chosen, as_json)


def _require_consistent(recipe: str, *, amortised: bool, refine: int | None, iterations: int | None) -> None:
    """Refuse numbers of the other way to craft, and recipes of anything but features."""
    if current_name(recipe) not in CRAFTED:
        raise UsageError(
            "not a recipe of features",
            value=recipe[:100],
            place="--recipe",
            remedy=f"Choose among {', '.join(CRAFTED)}.",
        )
    if amortised and recipe != "crafter-amortised":
        raise UsageError("--amortised goes with Crafter alone", value=recipe, remedy="Leave one of them out.")
    amortised = recipe == "crafter-amortised"
    if amortised and iterations is not None:
        raise UsageError("--iterations does not go with --amortised", remedy="Use --refine, or leave it out.")
    if refine is not None and not amortised:
        raise UsageError("--refine goes with --amortised", remedy="Add --amortised, or use --iterations.")
