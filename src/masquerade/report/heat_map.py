"""All protections against all attacks at a glance (Crafter, figure 14): one tinted cell for each pair."""

import math
from dataclasses import dataclass

from masquerade.audit.results import Arm, Leak, Report
from masquerade.report.verdict import advantages


@dataclass(frozen=True)
class Column:
    """One attack: what its score is called, and the least and greatest chance over protections."""

    title: str
    metric: str
    chances: tuple[float, float]


@dataclass(frozen=True)
class HeatCell:
    """One attack on one protection; ``heat`` is None where it gave no evidence.

    ``heat`` goes from 0, no better than a blind guess, to 100, as good as without protection or better.
    """

    leak: Leak | None
    heat: int | None


@dataclass(frozen=True)
class HeatMap:
    """Attacks, and the protections with a cell for each."""

    columns: list[Column]
    rows: list[tuple[Arm, list[HeatCell]]]


def heat_map(report: Report) -> HeatMap | None:
    """The map of a report; None unless two attacks were measured, and two protections."""
    measured = [leak for arm in report.arms for leak in arm.leaks if leak.headline is not None]
    attacks = list(dict.fromkeys(leak.attack for leak in measured))
    arms = [arm for arm in report.arms if any(leak.headline for leak in arm.leaks)]
    if len(arms) < 2 or len(attacks) < 2:
        return None
    columns = [_column([leak for leak in measured if leak.attack == attack]) for attack in attacks]
    return HeatMap(columns, [(arm, _cells(arm, attacks)) for arm in arms])


def _column(leaks: list[Leak]) -> Column:
    found = [leak.headline for leak in leaks if leak.headline is not None]
    chances = [measured.chance for measured in found]
    return Column(leaks[0].title, found[0].metric, (min(chances), max(chances)))


def _cells(arm: Arm, attacks: list[str]) -> list[HeatCell]:
    by_attack = {leak.attack: leak for leak in arm.leaks}
    return [HeatCell(leak, _heat(leak)) for leak in map(by_attack.get, attacks)]


def _heat(leak: Leak | None) -> int | None:
    measured = advantages(leak) if leak is not None and leak.status == "ran" else None
    return (
        None if measured is None or math.isnan(measured[0]) else round(100 * min(1.0, max(0.0, measured[0])))
    )
