"""``masquerade list``: the recipes, attacks, metrics, networks, studies and training presets that there are."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Final

import typer

from masquerade.cli.catalogue import kept
from masquerade.cli.console import SOME_FAILED, CommandFailed, note, say
from masquerade.data.printable import printable
from masquerade.errors import StudyError
from masquerade.installed import ATTACKS, PROTECTIONS, Group, names_installed, owner_of

Line = tuple[str, str | StudyError]


class Listed(StrEnum):
    """What can be listed."""

    RECIPES = "recipes"
    ATTACKS = "attacks"
    METRICS = "metrics"
    NETWORKS = "networks"
    STUDIES = "studies"
    PRESETS = "presets"


_GROUPS: Final[Mapping[Listed, Group]] = {Listed.RECIPES: PROTECTIONS, Listed.ATTACKS: ATTACKS}


def list_(kind: Annotated[Listed, typer.Argument(help="What to list.", show_default=False)]) -> None:
    """List what there is, a line each."""
    lines: list[Line] = list(_studies() if kind is Listed.STUDIES else [*kept(kind), *_installed(kind)])
    width = max((len(name) for name, _ in lines), default=0)
    wrong = [words for _, words in lines if isinstance(words, StudyError)]
    for name, words in lines:
        if not isinstance(words, StudyError):
            say(f"{name:<{width}}  {words}")
    for error in wrong:
        note(str(error))
    if wrong:
        raise CommandFailed(SOME_FAILED)


def _installed(kind: Listed) -> Iterable[Line]:
    """What other distributions bring: named, not loaded."""
    if (group := _GROUPS.get(kind)) is None:
        return
    for name in names_installed(group):
        yield printable(name), f"from elsewhere: {printable(owner_of(group, name))}"


def _studies() -> Iterable[Line]:
    from masquerade.audit.studies.study_text import read_toml
    from masquerade.cli.studies import study_files

    for name, path in study_files().items():
        try:
            yield name, str(read_toml(path).get("title", ""))
        except StudyError as error:
            yield name, error
