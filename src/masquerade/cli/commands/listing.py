"""``masquerade list``, what there is: protections, attacks and more; and ``masquerade advise``, which is for whom."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Final

import typer

from masquerade.cli.advice import ANY, ENEMY, HAVE, LEAVES, Advice, every, fitting
from masquerade.cli.answer_types import ListedAnswer
from masquerade.cli.answers import AsJson, answer, answers
from masquerade.cli.catalogue import Lines, kept
from masquerade.cli.console import CommandFailed, ask, note, on_terminal
from masquerade.cli.exit_codes import SOME_FAILED
from masquerade.cli.studies import named_studies
from masquerade.data.printable import printable
from masquerade.errors import UsageError, did_you_mean
from masquerade.installed import ATTACKS, PROTECTIONS, Group, names_installed, owner_of


class Listed(StrEnum):
    """What can be listed."""

    RECIPES = "recipes"
    PROTECTIONS = "protections"
    ATTACKS = "attacks"
    METRICS = "metrics"
    NETWORKS = "networks"
    STUDIES = "studies"
    PRESETS = "presets"


_GROUPS: Final[Mapping[Listed, Group]] = {
    Listed.RECIPES: PROTECTIONS,
    Listed.PROTECTIONS: PROTECTIONS,
    Listed.ATTACKS: ATTACKS,
}


def list_(
    kind: Annotated[
        Listed, typer.Argument(help="What to list; recipes and protections are the same.", show_default=False)
    ],
    names: Annotated[list[str] | None, typer.Argument(help="List these alone.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """List protections, attacks, metrics, networks, studies or presets."""
    lines, wrong = (
        named_studies() if kind is Listed.STUDIES else ([*kept(_list_of(kind)), *_installed(kind)], [])
    )
    if names:
        lines = _those(lines, names, kind)
    width = max((len(name) for name, _ in lines), default=0)
    answers(((_facts(name, words), f"{name:<{width}}  {words}") for name, words in lines), as_json)
    for error in wrong:
        note(str(error))
    if wrong:
        raise CommandFailed(SOME_FAILED)


def _installed(kind: Listed) -> Iterable[tuple[str, str]]:
    """What other distributions bring: named, not loaded."""
    if (group := _GROUPS.get(kind)) is None:
        return
    for name in names_installed(group):
        yield printable(name), f"from elsewhere: {printable(owner_of(group, name))}"


def _list_of(kind: Listed) -> str:
    return "recipes" if kind is Listed.PROTECTIONS else kind.value


def _those(lines: Lines, names: list[str], kind: Listed) -> Lines:
    known = dict(lines)
    for name in names:
        if name not in known:
            raise UsageError(
                f"nothing of that name among the {kind.value}",
                value=name,
                remedy=f"{did_you_mean(name, known)}`masquerade list {kind.value}` has all.",
            )
    return [(name, known[name]) for name in names]


def _facts(name: str, words: str) -> ListedAnswer:
    graded = re.fullmatch(r"\[(?P<grade>[^\]]*)\] (?P<title>.*)", words)
    if graded is None:
        return {"name": name, "title": words, "grade": ""}
    return {"name": name, "title": graded["title"], "grade": graded["grade"]}


def advise(
    have: Annotated[
        str | None, typer.Option(help=f"What you have: {', '.join(HAVE)}.", show_default="asked for")
    ] = None,
    leaves: Annotated[
        str | None,
        typer.Option(help=f"The most that may leave: {', '.join((*LEAVES, ANY))}.", show_default="asked for"),
    ] = None,
    enemy: Annotated[
        str | None,
        typer.Option(help=f"Who the enemy is: {', '.join((*ENEMY, ANY))}.", show_default="asked for"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which way is for you: its command, what it costs, and what it leaves, as measured."""
    asks = on_terminal() and not as_json
    chosen = _chosen("have", "What do you have?", have, HAVE, asks)
    found = fitting(
        every(),
        chosen,
        _chosen("leaves", "What is the most that may leave?", leaves, _or_any(LEAVES), asks),
        _chosen("enemy", "Who is the enemy?", enemy, _or_any(ENEMY), asks),
    )
    if not found:
        note("Nothing here serves that. Let more leave (--leaves), or keep the faces at home.")
    for each in found:
        answer(each, as_json, *_told(each))


def _or_any(choices: Mapping[str, str]) -> dict[str, str]:
    return {**choices, ANY: "anything of these"}


def _chosen(option: str, question: str, given: str | None, choices: Mapping[str, str], asks: bool) -> str:
    """What was given, or is answered at the terminal; "any" elsewhere, if that is a choice."""
    if given is None and asks:
        note(question)
        for name, words in choices.items():
            note(f"  {name}: {words}")
        given = ask("> ").strip()
    if given is None and ANY in choices:
        return ANY
    if given is None or given not in choices:
        raise UsageError(
            "no such choice" if given else "nothing chosen",
            value=given,
            place=f"--{option}",
            remedy=f"Choose one of {', '.join(choices)}.",
        )
    return given


def _told(advice: Advice) -> list[str]:
    told = {
        "run": advice["command"],
        "works": advice["works"],
        "costs": advice["costs"],
        "leaves": advice["left"],
        "rests on": advice["rests"],
        "read": advice["guide"] and f"docs/guide/{advice['guide']}",
    }
    head = f"{advice['way']} [{advice['grade']}]"
    return [head, *(f"  {name + ':':10}{words}" for name, words in told.items() if words)]
