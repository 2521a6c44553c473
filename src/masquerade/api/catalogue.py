"""What there is, without loading it: ``list_protections``, ``list_attacks`` and ``list_metrics``, from a file.

``python -m masquerade.api.catalogue`` writes the file anew; a test compares it with the code.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, final

from masquerade.installed import ATTACKS, PROTECTIONS, Group, names_installed, owner_of

FILE: Final = Path(__file__).with_name("catalogue.json")


@final
@dataclass(frozen=True)
class Info:
    """A line on a protection, an attack or a metric.

    Args:
        name: What to call it by.
        title: What it does.
        status: Of a protection, the grade from the committed results; else empty.
        source: Of a protection, the paper that its parameters come from, or "ours"; the distribution of what is from
            elsewhere; else empty.
    """

    name: str
    title: str
    status: str = ""
    source: str = ""


def list_protections() -> list[Info]:
    """Every protection by the name that ``Protection`` takes, with its grade, and those that are installed besides."""
    return [*shipped("protections"), *_installed(PROTECTIONS, "not measured")]


def list_attacks() -> list[Info]:
    """Every attack, and those that are installed besides."""
    return [*shipped("attacks"), *_installed(ATTACKS, "")]


def list_metrics() -> list[Info]:
    """Every metric of an attack's guess."""
    return shipped("metrics")


def compiled() -> str:
    """The contents of the file, from the code."""
    every = {"protections": _protections(), "attacks": _attacks(), "metrics": _metrics()}
    plain = {kind: [asdict(each) for each in found] for kind, found in every.items()}
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def shipped(kind: str) -> list[Info]:
    """What masquerade itself has of a kind: "protections", "attacks" or "metrics"; commands list it too."""
    return [Info(**each) for each in json.loads(FILE.read_text(encoding="utf-8"))[kind]]


def _installed(group: Group, status: str) -> Iterable[Info]:
    """What other distributions bring: named, not loaded."""
    return (Info(name, "from elsewhere", status, owner_of(group, name)) for name in names_installed(group))


def _protections() -> Iterable[Info]:
    from masquerade.recipes import RECIPES
    from masquerade.recipes.measured import grade_of

    return (Info(each.name, each.title, grade_of(each), each.source) for each in RECIPES)


def _attacks() -> Iterable[Info]:
    from masquerade.attacks import EVERY_ATTACK

    return (Info(attack.name, _first_line(attack.__doc__)) for attack in EVERY_ATTACK)


def _metrics() -> Iterable[Info]:
    from masquerade.metrics import EVERY_METRIC

    return (Info(name, _first_line(metric.__doc__)) for name, metric in EVERY_METRIC.items())


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0]


if __name__ == "__main__":
    FILE.write_text(compiled(), encoding="utf-8")
