"""What an attack took: what the attacker had, how much of it, and how long it computed, as the report states it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, final

from masquerade.audit.results import Answer, Arm, Leak
from masquerade.report.words import SIGHTS

Level = Literal["released", "public", "photos", "suspects", "answers", "leaked"]

LEVELS: Final[Mapping[Level, str]] = {
    "released": "Somebody who has nothing but what was released",
    "public": "Anybody with what is public",
    "photos": "Somebody who has other photos of the people",
    "suspects": "Somebody who holds photos that may be behind the release",
    "answers": "Somebody who can use the protection or its model",
    "leaked": "Somebody who holds what should not have leaked",
}
"""Who can do it, from the least that is needed to the most."""
_LEVELS_OF: Final[Mapping[str, Level]] = {
    "labels": "public",
    "recipe": "public",
    "public": "public",
    "fresh": "public",
    "teacher": "public",
    "split": "public",
    "bystanders": "public",
    "sightings": "public",
    "recognisers": "public",
    "gallery": "photos",
    "candidates": "suspects",
    "probes": "photos",
    "files": "suspects",
    "model": "answers",
    "query": "answers",
    "repeats": "answers",
    "alike": "answers",
    "others": "answers",
    "pairs": "leaked",
    "pairing": "leaked",
    "own": "leaked",
}
_COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "pairs": (
        "{n} leaked pair of a photo and what was released of it",
        "{n} leaked pairs of photo and release",
    ),
    "gallery": ("{n} named photo of the same people", "{n} named photos of the same people"),
    "candidates": ("{n} photo that may be behind the release", "{n} photos that may be behind the release"),
    "probes": ("{n} photo of whom it suspects", "{n} photos of whom it suspects"),
    "model": ("{n} question to the model", "{n} questions to the model"),
    "query": (
        "{n} photo of its choice sent through the protection",
        "{n} photos of its choice sent through the protection",
    ),
    "alike": (
        "{n} named photo of the same people, protected alike",
        "{n} named photos of the same people, protected alike",
    ),
    "others": (
        "{n} photo of other people before and after the protection",
        "{n} photos of other people before and after the protection",
    ),
    "bystanders": ("{n} named photo of other people", "{n} named photos of other people"),
    "public": ("{n} photo of other people", "{n} photos of other people"),
    "sightings": ("{n} photo met later", "{n} photos met later"),
}
"""One and several of what has a number, in the order in which it is said: the rarest first."""


@final
@dataclass(frozen=True)
class AttackEffort:
    """What one attacker needed.

    Args:
        level: The rarest kind of thing that it had.
        holds: What it had beside the released pictures, a phrase each, with its number where the report states one.
        uncounted: Whether something that has a number stands there without it: the report is older than the count.
        pictures: Released pictures that it was run on; None where it gave no number.
        people: Of so many people.
        seconds: What it computed, over all repetitions, on the report's machine.
    """

    level: Level
    holds: tuple[str, ...]
    uncounted: bool
    pictures: int | None
    people: int | None
    seconds: float

    @property
    def who(self) -> str:
        """Who could do it, as the subject of a sentence."""
        return LEVELS[self.level]


def effort_of(leak: Leak) -> AttackEffort:
    """What an attack had and took, from its part of a report."""
    order = list(_COUNTED)
    shows = sorted(
        leak.shows, key=lambda sight: (order.index(sight) if sight in order else len(order), sight)
    )
    levels = list(LEVELS)
    met = [levels.index(_LEVELS_OF.get(sight, "public")) for sight in shows]
    seen = leak.headline
    return AttackEffort(
        level=levels[max(met, default=0)],
        holds=tuple(_phrase(sight, leak.had.get(sight)) for sight in shows),
        uncounted=any(sight in _COUNTED and sight not in leak.had for sight in shows),
        pictures=None if seen is None else seen.n,
        people=None if seen is None else seen.identities,
        seconds=leak.seconds,
    )


def effort_behind(arm: Arm, answer: Answer) -> AttackEffort | None:
    """The effort of the attack that decides an answer; None where none does."""
    leak = deciding(arm, answer)
    return None if leak is None else effort_of(leak)


def deciding(arm: Arm, answer: Answer) -> Leak | None:
    """The attack that decides an answer, as it ran on its arm."""
    return next((leak for leak in arm.leaks if answer.strongest and leak.attack == answer.strongest), None)


def _phrase(sight: str, count: int | None) -> str:
    if sight == "labels":
        return "which pictures belong together"
    if count is None or sight not in _COUNTED:
        return SIGHTS.get(sight, sight.replace("_", " "))
    one, several = _COUNTED[sight]
    return (one if count == 1 else several).format(n=f"{count:,}")
