"""Revisions of what makes a number: raised by hand when the same input gives another output.

A piece of an audit is named by the revisions of all that made it, and a report carries them: that is how a report
knows that code has moved since.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

from masquerade.attacks import every_attack
from masquerade.attacks.base import Attack
from masquerade.disguises import EVERY_DISGUISE, Disguise
from masquerade.metrics import EVERY_METRIC
from masquerade.metrics.revisions import INTERVALS, OF_USE, revision_of_metric
from masquerade.training.revisions import TRAINING_REVISIONS

Revisions = dict[str, int]
"""By ``"attack moments"``, ``"disguise Noise"``, ``"metric linkage"``, ``"training fit"``, ``"audit"``, ``"grade"``."""

VIEWS: Final = 2
"""Of what an audit shows attackers, draws, and pools."""
GRADE: Final = 2
"""Of how pieces become a grade and a strongest attack."""
AT_HOME: Final = 1
"""Of what is recognised with nothing released."""
ANSWERS_ALONE: Final = 1
"""Of what the task's answers tell of identity."""


def of_attack(attack: Attack) -> Revisions:
    """Of an attack, and of those that it holds as options."""
    return {f"attack {each.name}": each.revision for each in _within(attack, Attack)}


def of_disguise(disguise: Disguise) -> Revisions:
    """Of every disguise of which one is made, however deep it stands there."""
    return {f"disguise {type(each).__name__}": each.revision for each in _within(disguise, Disguise)}


def of_metrics(names: Iterable[str]) -> Revisions:
    """Of metrics, by name, and of their intervals."""
    return {f"metric {name}": revision_of_metric(name) for name in [*names, INTERVALS]}


def of_trainings(names: Iterable[str]) -> Revisions:
    """Of trainings, by name."""
    return {f"training {name}": TRAINING_REVISIONS[name] for name in names}


def now() -> Revisions:
    """Every revision that this code has."""
    attacks = {f"attack {attack.name}": attack.revision for attack in every_attack()}
    disguises = {f"disguise {kind.__name__}": kind.revision for kind in EVERY_DISGUISE}
    return {
        "audit": VIEWS,
        "grade": GRADE,
        "at home": AT_HOME,
        "answers alone": ANSWERS_ALONE,
        **attacks,
        **disguises,
        **of_metrics([*EVERY_METRIC, *OF_USE]),
        **of_trainings(TRAINING_REVISIONS),
    }


def moved(revisions: Mapping[str, int]) -> list[str]:
    """What has another revision now than in ``revisions``, or is no longer here, in words."""
    today = now()
    return [
        f"{name} was revision {then}, {f'now {today[name]}' if name in today else 'which is no longer here'}"
        for name, then in sorted(revisions.items())
        if today.get(name) != then
    ]


def _within(value: object, kind: type) -> Iterator[Any]:
    """Every instance of ``kind`` in a value: itself, its fields, theirs."""
    if isinstance(value, kind):
        yield value
        for each in fields(value):  # type: ignore[arg-type]
            yield from _within(getattr(value, each.name), kind)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _within(each, kind)
