"""The papers' claims beside what was measured here: the first table of docs/results.md; results_page.py writes it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from committed import report

from masquerade.audit.results import Arm, Report
from masquerade.cli.advice import every

FILE: Final = Path(__file__).with_name("claims.toml")


class Measured(NamedTuple):
    """A share with its 95 % interval, or by how much one lies below another."""

    value: float
    low: float
    high: float
    unit: str = "%"

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} {self.unit} [{100 * self.low:.1f}, {100 * self.high:.1f}]"


def claims() -> list[dict[str, Any]]:
    """What the file has."""
    found: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["claims"]
    return found


def table() -> Iterator[str]:
    """A row for each claim."""
    yield "| paper | claims | taken as | measured | so it |"
    yield "|---|---|---|---|---|"
    for claim in claims():
        measured = of(claim)
        yield (
            f"| {claim['paper']}, {claim['place']} | {claim['says']} | {claim['bound']} | {measured} "
            f"([{claim['study']}](../studies/results/{claim['study']}.json)) | {said(claim)} |"
        )


def holding() -> Iterator[str]:
    """A row for each way that rests on more than on attacks that were run, and was measured here."""
    yield "| way | works | costs | rests on |"
    yield "|---|---|---|---|"
    for each in every():
        if each["have"] != ["check"] and each["leaves"] in ("nothing", "sealed"):
            yield f"| [{each['way']}](guide/{each['guide']}) | {each['works']} | {each['costs']} | {each['rests']} |"


def said(claim: dict[str, Any]) -> str:
    """Whether the claim holds by its interval, and whether older code measured it."""
    age = ", by older code" if report(claim["study"]).stale else ""
    return f"**{verdict(claim, of(claim))}**{age}"


def verdict(claim: dict[str, Any], measured: Measured) -> str:
    """Holds, does not hold, or is not settled: the whole interval decides."""
    if "at_most" in claim:
        return _by(measured.high <= claim["at_most"], measured.low > claim["at_most"])
    return _by(measured.low >= claim["at_least"], measured.high < claim["at_least"])


def of(claim: dict[str, Any]) -> Measured:
    """The number that a claim speaks of; a difference has the widest interval that its two ends allow."""
    measured = report(claim["study"])
    here = _read(_arm(measured, claim["arm"]), claim["of"])
    if "less_than" not in claim:
        return here
    there = _read(_arm(measured, claim["less_than"]), claim["of"])
    return Measured(there.value - here.value, there.low - here.high, there.high - here.low, "points")


def _by(holds: bool, fails: bool) -> str:
    return "holds" if holds else "does not hold" if fails else "is not settled"


def _arm(measured: Report, name: str) -> Arm:
    (found,) = (arm for arm in measured.arms if arm.name == name)
    return found


def _read(arm: Arm, what: str) -> Measured:
    if what == "utility":
        found = arm.utility
    elif what in ("photo", "person"):
        (found,) = (answer.leak for answer in arm.answers if answer.question == what)
    else:
        (found,) = (leak.headline for leak in arm.leaks if leak.attack == what)
    if found is None:
        raise ValueError(f"{arm.name} was not measured by {what}")
    return Measured(found.value, found.low, found.high)
