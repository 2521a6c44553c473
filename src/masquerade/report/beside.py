"""Numbers that stand beside a utility, and what they are there for."""

from collections.abc import Iterator
from typing import Final

from masquerade.audit.results import Arm, Measurement, Report
from masquerade.report.words import meaning, metric_words

_UNTRAINED: Final = frozenset({"rank1_untrained", "rank1_pixels", "rank1_clean_recogniser"})
_LOOKS: Final = frozenset({"cloak_ssim", "cloak_ssim_worst", "cloak_change"})


def lead(report: Report) -> str:
    """What the numbers are there for, of those that there are; empty without any."""
    metrics = {m.metric for arm in report.arms for m in arm.beside}
    said = []
    if metrics & _UNTRAINED:
        said.append("A model is worth something if it beats what needs no training.")
    if metrics & _LOOKS:
        said.append("How much of a photo is changed, as an eye and a ruler see it.")
    return " ".join(said)


def rows(arm: Arm) -> list[Measurement]:
    """What an arm's utility is set beside, the utility first; counts are no scores, and stand in ``notes``."""
    beside = [m for m in arm.beside if metric_words(m.metric).kind != "count"]
    return [arm.utility, *beside] if arm.utility is not None and beside else beside


def notes(report: Report) -> list[str]:
    """How many of what a mean is over, once each, in the order of the arms."""
    return list(dict.fromkeys(_counts(report)))


def _counts(report: Report) -> Iterator[str]:
    for arm in report.arms:
        yield from (meaning(m) for m in arm.beside if metric_words(m.metric).kind == "count")
