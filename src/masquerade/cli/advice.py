"""What to do with photos of faces, by what one has, what may leave and who the enemy is.

``advice.json`` is made of measured results by ``studies/advice.py``, and so is the table of docs/guide/which-one.md; a
test compares them.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from masquerade.cli.answer_types import AdviceAnswer as Advice

__all__ = ["ANY", "ENEMY", "FILE", "HAVE", "LEAVES", "Advice", "every", "fitting", "short_table", "table"]

FILE: Final = Path(__file__).with_name("advice.json")
HAVE: Final = {
    "train": "photos of people whom I want to recognise, or to train a network on",
    "send": "an app that sends features of faces",
    "post": "photos that I want to post",
    "serve": "a service or cameras that recognise people",
    "check": "somebody's protection that I want to check",
}
LEAVES: Final = {
    "nothing": "nothing may leave",
    "sealed": "ciphertexts may leave",
    "disguised": "disguised photos or features may leave",
    "photos": "photos may leave, to a place that is attested or split",
}
ENEMY: Final = {
    "cloud": "whoever computes for me",
    "thief": "whoever steals what lies on disks elsewhere",
    "collector": "whoever collects what I post",
}
ANY: Final = "any"


def every() -> list[Advice]:
    """All of it, the ways that hold first."""
    found: list[Advice] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def fitting(known: Iterable[Advice], have: str, leaves: str, enemy: str) -> list[Advice]:
    """What fits; where nothing may leave, or whatever else is asked for, ways that leave less are told too.

    Args:
        known: All advice.
        have: One of ``HAVE``.
        leaves: The most that may leave, of ``LEAVES``, or "any".
        enemy: One of ``ENEMY``, or "any".
    """
    most = len(LEAVES) if leaves == ANY else list(LEAVES).index(leaves)
    return [
        each
        for each in known
        if have in each["have"]
        and list(LEAVES).index(each["leaves"]) <= most
        and (enemy == ANY or enemy in each["enemy"])
    ]


def table(known: Sequence[Advice]) -> str:
    """The advice as Markdown, a table for each thing that one may have."""
    parts = []
    for have, words in HAVE.items():
        parts += [
            f"**I have {words}.**",
            "",
            "| way | grade | works | costs | leaves | rests on | how |",
            "|---|---|---|---|---|---|---|",
        ]
        for each in fitting(known, have, ANY, ANY):
            how = f"`{each['command']}`" if each["command"] else ""
            guide = f"[guide]({each['guide']})" if each["guide"] else ""
            row = (
                each["way"],
                each["grade"],
                each["works"],
                each["costs"],
                each["left"],
                each["rests"],
                " ".join(filter(None, (how, guide))),
            )
            parts.append(f"| {' | '.join(row)} |")
        parts.append("")
    return "\n".join(parts).rstrip()


def short_table(known: Sequence[Advice]) -> str:
    """The front page's table: each way once, under the first thing that one may have for it."""
    lines = [
        "| I have | way | works | costs | leak: photo | leak: person | rests on |",
        "|---|---|---|---|---|---|---|",
    ]
    told: set[str] = set()
    for have, words in HAVE.items():
        first = words
        for each in fitting(known, have, ANY, ANY):
            if each["way"] in told:
                continue
            told.add(each["way"])
            way = f"[{each['way']}](docs/guide/{each['guide']})" if each["guide"] else each["way"]
            row = (
                first,
                way,
                *(each[name] or "–" for name in ("works", "costs", "photo", "person", "rests")),
            )
            lines.append(f"| {' | '.join(row)} |")
            first = ""
    return "\n".join(lines)
