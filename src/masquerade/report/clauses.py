"""What each metric of a leak counts, as a clause of a sentence, and what to take for granted once it is large."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, final

from masquerade.report.words import amount, metric_words

Subject = Literal["people", "classes", "pictures"]
"""What a report counts by."""


@final
@dataclass(frozen=True)
class Clause:
    """What a metric counts.

    Args:
        could: What the attacker could do: ``{n}`` of a hundred times, or to ``{value}``.
        chance: What a blind guess gets, as a sentence.
        then: What to take for granted once the attack gets more than half of what there is to get.
    """

    could: str
    chance: str
    then: str

    @property
    def is_share(self) -> bool:
        """Whether it counts so many of a hundred."""
        return "{n}" in self.could


_GUESSING: Final = "Guessing names {n}."
_COIN: Final = "A coin is right in {n}."
_AVERAGE: Final = "The average picture, taken for every one, gets {value}."
_NAMED: Final = "treat the people on these pictures as named"
_KNOWN: Final = "treat the people as recognisable"
_INSIDE: Final = "treat it as known whose photos are in the data"
_RESTORED: Final = "treat the photos as restored"
_CLAUSES: Final[Mapping[str, Clause]] = {
    "identification": Clause("could name {n} of 100 people, from one picture of each", _GUESSING, _NAMED),
    "rank1": Clause(
        "could find for {n} of 100 pictures another one of the same person",
        "Guessing finds {n}.",
        "treat pictures of one person as tied to each other",
    ),
    "linkage": Clause(
        "could find the right photo for {n} of 100 released pictures",
        "Guessing finds {n}.",
        "treat every picture as tied to the photo that it was made of",
    ),
    "tracked": Clause(
        "could still recognise {n} of 100 people on later photos of them", "Guessing gets {n}.", _KNOWN
    ),
    "tracked_cloaked": Clause(
        "could recognise {n} of 100 people on their protected photos", "Guessing gets {n}.", _KNOWN
    ),
    "eval_acc": Clause(
        "could restore pictures on which a recogniser names {n} of 100 people", _GUESSING, _NAMED
    ),
    "eval_acc_trained": Clause(
        "could restore pictures on which a network taught on such names {n} of 100 people",
        _GUESSING,
        _NAMED,
    ),
    "membership_auc": Clause(
        "could tell in {n} of 100 tries which of two photos is in the data", _COIN, _INSIDE
    ),
    "class_membership": Clause(
        "could tell in {n} of 100 tries which of two people is in the data", _COIN, _INSIDE
    ),
    "membership_tpr": Clause(
        "could find {n} of 100 photos that are in the data, at one false alarm in a thousand",
        "Guessing finds {n}.",
        _INSIDE,
    ),
    "membership_tpr_1_percent": Clause(
        "could find {n} of 100 photos that are in the data, at one false alarm in a hundred",
        "Guessing finds {n}.",
        _INSIDE,
    ),
    "cloak_detection": Clause(
        "could tell in {n} of 100 tries which of two photos is cloaked",
        _COIN,
        "treat it as known which photos are cloaked",
    ),
    "energy_removed": Clause(
        "could take off {value} of the cloak",
        "Leaving the photos alone takes off {value}.",
        "treat the photos as if nothing had been done to them",
    ),
    "psnr": Clause("could get the pictures back at a PSNR of {value}", _AVERAGE, _RESTORED),
    "ssim": Clause(
        "could get the pictures back with a structural similarity of {value}", _AVERAGE, _RESTORED
    ),
    "feature_cosine": Clause(
        "could get pictures back that a face recogniser finds like the photos by a cosine of {value}",
        _AVERAGE,
        _RESTORED,
    ),
}
_OF_CLASSES: Final[Mapping[str, Clause]] = {
    "identification": Clause(
        "could tell the class of {n} of 100 pictures",
        "Guessing tells {n}.",
        "treat the classes of these pictures as known",
    ),
    "class_membership": Clause(
        "could tell in {n} of 100 tries which of two classes is in the data", _COIN, _INSIDE
    ),
}
_OTHERS: Final = Clause(
    "could score {value}", "A blind guess scores {value}.", "treat it as if nothing protected it"
)
"""Of a metric that nobody wrote a clause for; its name is said beside it."""


def clause_of(metric: str, whom: Subject = "people") -> Clause:
    """The clause of a metric; of one that has none, its name and its number."""
    clauses = {**_CLAUSES, **_OF_CLASSES} if whom == "classes" else _CLAUSES
    return clauses.get(metric, _OTHERS)


def filled(text: str, metric: str, value: float) -> str:
    """A part of a clause with its number."""
    title = "" if metric in _CLAUSES else metric_words(metric).title
    return text.format(n=of_hundred(value), value=f"{amount(metric, value)} {title}".strip())


def of_hundred(share: float) -> str:
    """A share as a number of a hundred: whole from ten on, and never rounded up to all or down to none."""
    value = 100 * share
    if not math.isfinite(value):
        return "an unknown number"
    if 0 < value < 0.01:
        return "fewer than 0.01"
    if 0 < value < 1:
        return f"{value:.2g}"
    if 99.5 <= value < 100:
        return "more than 99"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")
