"""``masquerade list``: the recipes, attacks, metrics, networks, studies and training presets that there are."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Annotated

import typer

from masquerade.cli.console import SOME_FAILED, CommandFailed, note, say
from masquerade.errors import StudyError

Line = tuple[str, str | StudyError]


class Kind(StrEnum):
    """What can be listed."""

    RECIPES = "recipes"
    ATTACKS = "attacks"
    METRICS = "metrics"
    NETWORKS = "networks"
    STUDIES = "studies"
    PRESETS = "presets"


def list_(kind: Annotated[Kind, typer.Argument(help="What to list.", show_default=False)]) -> None:
    """List what there is, a line each."""
    lines = list(_LINES[kind]())
    width = max((len(name) for name, _ in lines), default=0)
    wrong = [words for _, words in lines if isinstance(words, StudyError)]
    for name, words in lines:
        if not isinstance(words, StudyError):
            say(f"{name:<{width}}  {words}")
    for error in wrong:
        note(str(error))
    if wrong:
        raise CommandFailed(SOME_FAILED)


def _recipes() -> Iterable[Line]:
    from masquerade.recipes import RECIPES
    from masquerade.recipes.measured import grade_of

    return ((recipe.name, f"[{grade_of(recipe)}] {recipe.title}") for recipe in RECIPES)


def _attacks() -> Iterable[Line]:
    from masquerade.attacks import EVERY_ATTACK

    return ((attack.name, _first_line(attack.__doc__)) for attack in EVERY_ATTACK)


def _metrics() -> Iterable[Line]:
    from masquerade.metrics import EVERY_METRIC

    return ((name, _first_line(metric.__doc__)) for name, metric in EVERY_METRIC.items())


def _networks() -> Iterable[Line]:
    from masquerade.networks import EVERY_NETWORK

    return ((network.name, _first_line(network.__doc__)) for network in EVERY_NETWORK)


def _studies() -> Iterable[Line]:
    from masquerade.audit.study_text import read_toml
    from masquerade.cli.studies import study_files

    for name, path in study_files().items():
        try:
            yield name, str(read_toml(path).get("title", ""))
        except StudyError as error:
            yield name, error


def _presets() -> Iterable[Line]:
    from masquerade.training.presets import PRESETS

    for name, settings in PRESETS.items():
        length = f"{settings.epochs} epochs" if settings.epochs else f"{settings.steps} steps"
        yield name, f"{settings.network}, {length}, {settings.optimiser}, rate {settings.learning_rate:g}"


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0]


_LINES: dict[Kind, Callable[[], Iterable[Line]]] = {
    Kind.RECIPES: _recipes,
    Kind.ATTACKS: _attacks,
    Kind.METRICS: _metrics,
    Kind.NETWORKS: _networks,
    Kind.STUDIES: _studies,
    Kind.PRESETS: _presets,
}
