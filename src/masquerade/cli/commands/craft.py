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
from masquerade.cli.options import FacesOption, PeopleOption
from masquerade.errors import UsageError
from masquerade.faces.reading import way_of
from masquerade.files.outputs import require_folder
from masquerade.owner.craft_folder import crafting_recipe
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records


def craft(
    photos: Photos,
    out: Released,
    key: Key,
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

    Crafted features are cached per photo and reused; keep the cache as secret as the key. Rows are always shuffled.
    """
    if not dry_run:
        require_folder(out, {})
    _require_consistent(amortised=amortised, refine=refine, iterations=iterations)
    recipe = crafting_recipe(
        "crafter-amortised" if amortised else "crafter",
        encoder=encoder,
        generator=generator,
        change={"beta": beta, "iterations": iterations, "refine": refine, "batch": batch},
    )
    tell_verdict(recipe, accept_broken or dry_run)
    with progress("crafting") as told:
        summary = disguise_folder(
            photos,
            out,
            open_key(key),
            Records.beside(key),
            recipe,
            min_images=min_photos,
            accept_broken=accept_broken,
            overwrite=overwrite,
            dry_run=dry_run,
            faces=way_of(faces),
            people=people,
            cache=cache,
            progress=told,
        )
    tell(summary, recipe, as_json)


def _require_consistent(*, amortised: bool, refine: int | None, iterations: int | None) -> None:
    """Refuse numbers of the other way to craft."""
    if amortised and iterations is not None:
        raise UsageError("--iterations does not go with --amortised", remedy="Use --refine, or leave it out.")
    if refine is not None and not amortised:
        raise UsageError("--refine goes with --amortised", remedy="Add --amortised, or use --iterations.")
