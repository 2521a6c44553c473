"""``masquerade list``: the recipes, attacks, metrics, networks and studies that there are."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from masquerade.attacks import EVERY_ATTACK
from masquerade.audit.study import load_study
from masquerade.cli.studies import study_files
from masquerade.metrics import EVERY_METRIC
from masquerade.networks import EVERY_NETWORK
from masquerade.recipes import RECIPES
from masquerade.recipes.measured import grade_of

Line = tuple[str, str]


class Kind(StrEnum):
    """What can be listed."""

    RECIPES = "recipes"
    ATTACKS = "attacks"
    METRICS = "metrics"
    NETWORKS = "networks"
    STUDIES = "studies"


def list_(kind: Annotated[Kind, typer.Argument(help="What to list.", show_default=False)]) -> None:
    """List what there is, a line each."""
    lines = list(_LINES[kind]())
    width = max((len(name) for name, _ in lines), default=0)
    for name, words in lines:
        typer.echo(f"{name:<{width}}  {words}")


def _recipes() -> Iterable[Line]:
    return ((recipe.name, f"[{grade_of(recipe)}] {recipe.title}") for recipe in RECIPES)


def _attacks() -> Iterable[Line]:
    return ((attack.name, _first_line(attack.__doc__)) for attack in EVERY_ATTACK)


def _metrics() -> Iterable[Line]:
    return ((name, _first_line(metric.__doc__)) for name, metric in EVERY_METRIC.items())


def _networks() -> Iterable[Line]:
    return ((network.name, _first_line(network.__doc__)) for network in EVERY_NETWORK)


def _studies() -> Iterable[Line]:
    return ((str(_short(path)), load_study(path).title) for path in study_files())


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0]


_LINES: dict[Kind, Callable[[], Iterable[Line]]] = {
    Kind.RECIPES: _recipes,
    Kind.ATTACKS: _attacks,
    Kind.METRICS: _metrics,
    Kind.NETWORKS: _networks,
    Kind.STUDIES: _studies,
}
