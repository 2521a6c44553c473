"""What to change: from the grade, from which attack decided it, and from what that attacker had."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, final

from masquerade.audit.grading.answers import WORST_FIRST
from masquerade.audit.results import Answer, Arm, Report
from masquerade.report.effort import deciding
from masquerade.report.plain import leak_in_short
from masquerade.report.roles import attacked, not_attacked, under_test

_BY_SIGHT: Final[Mapping[str, str]] = {
    "pairs": "It lives on photos that leaked beside what was released of them: release nothing that is public "
    "elsewhere, and take a new key after every leak.",
    "pairing": "It knows which photos were mixed: keep that as secret as the key.",
    "own": "It holds a person's own cloak: give each person one of his own, and replace one that leaked.",
    "query": "It sends photos of its own choice: let nobody but the owner have photos protected, and count and limit "
    "requests.",
    "model": "It asks the trained model: hand out names alone, no probabilities, and limit questions.",
    "repeats": "It sees the same photos released again and again: release each photo once, and keep what was released.",
    "others": "It learns from what the protection makes of other people's photos, which whoever can run the tool has. "
    "Measure more strength, or take something that depends on a secret key.",
    "alike": "It protects named photos of the people the same way and compares, as whoever can run the tool can. "
    "Measure more strength, remove the face, or take something that depends on a secret key.",
    "files": "It reads files, not faces: strip what is written in them, and write all at one size and quality.",
    "split": "It reads features that an app sends: send the task's answer in their place where that is enough.",
    "gallery": "It compares with named photos of the people. Measure more strength, or remove the face where the use "
    "allows it.",
    "candidates": "It holds the photo itself and finds its release: count as known whatever others hold, or measure "
    "another construction.",
    "recognisers": "A public recogniser is enough. Measure more strength, or remove the face where the use allows it.",
    "recipe": "It knows the construction and not the key: a stronger setting has to be measured anew, or another "
    "construction taken.",
    "public": "It needs no more than photos of strangers: a stronger setting has to be measured anew, or another "
    "construction taken.",
}
"""What stands in the way of an attacker who had it, the rarest first: the first that fits is said."""
_BY_REASON: Final = (
    (
        r"number of people \((\d+)\)",
        "Ask again on more than {0} people: with so few the interval could hide a break.",
    ),
    (
        r"control failed",
        "Ask again with more photos or more thorough attacks: here they were too weak to tell.",
    ),
    (r"no attack (of this study )?asks? it", "Add an attack that asks it, or leave the question open."),
    (r"reads this protection", "Add an attack that was made for this construction: none of those here was."),
    (
        r"no attack that asks it concerns",
        "Add an attack that concerns this kind of protection, or leave the question open.",
    ),
)
_NOTHING_BUT_RELEASED: Final = (
    "It needs nothing but what was released: a stronger setting has to be measured anew, or another construction "
    "taken."
)
_OF_EVERY: Final = "See why it is incomplete, mend that and run it again."


@final
@dataclass(frozen=True)
class Remedy:
    """Something to change.

    Args:
        arm: The title of the protection, or empty where it concerns all.
        why: What makes it necessary.
        do: What to do.
    """

    arm: str
    why: str
    do: str


def remedies(report: Report) -> list[Remedy]:
    """What to change: what was not protected at all, then each question that does not hold, then what is to be kept."""
    arms = [each for arm in attacked(report) for each in _of_arm(arm, report)]
    return [*_of_pictures(report), *arms, *_rest(report)]


def _of_pictures(report: Report) -> Iterator[Remedy]:
    for missed in report.folders.missed if report.folders is not None else ():
        if missed.count:
            yield Remedy(
                "",
                f"{missed.count} of {missed.of} {missed.what}.",
                "Look at these: protect them by hand or leave them out, and run it again.",
            )


def _of_arm(arm: Arm, report: Report) -> Iterator[Remedy]:
    for answer in (each for each in arm.answers if each.promised):
        match answer.grade:
            case "BROKEN" | "WEAKENED":
                yield Remedy(arm.title, _why(arm, answer), _do(arm, answer))
            case "INCOMPLETE":
                yield Remedy(arm.title, f"{_question(answer)}: {answer.reason}.", _mended(answer.reason))
    if arm.grade == "BROKEN" and (better := _better(arm, report)):
        yield Remedy(
            arm.title, "Other protections of this report have a better grade.", f"Consider {better}."
        )


def _rest(report: Report) -> Iterator[Remedy]:
    for arm in not_attacked(report):
        yield Remedy(arm.title, "No attack gave a number on it.", "Attack it before it is used.")
    held = [arm for arm in under_test(report) if arm.grade == "NOT BROKEN BY THE ATTACKS RUN"]
    for arm in held:
        yield Remedy(
            arm.title,
            "No attack that ran did measurably better than guessing.",
            "Keep this report's limits in a check that runs whenever something changes (--fail-if).",
        )
    if report.stale:
        yield Remedy("", "The report is older than today's code.", "Run it again before it is relied on.")


def _question(answer: Answer) -> str:
    return "Whether a photo is in it" if answer.question == "photo" else "Who is in it"


def _why(arm: Arm, answer: Answer) -> str:
    leak = deciding(arm, answer)
    by = "" if leak is None else f" by {leak.title}"
    short = "" if answer.leak is None else f", {leak_in_short(answer.leak)}"
    return f"{_question(answer)}: {answer.grade}{by}{short}."


def _do(arm: Arm, answer: Answer) -> str:
    leak = deciding(arm, answer)
    shows = [] if leak is None else leak.shows
    return next((said for sight, said in _BY_SIGHT.items() if sight in shows), _NOTHING_BUT_RELEASED)


def _mended(reason: str) -> str:
    for pattern, said in _BY_REASON:
        if found := re.search(pattern, reason):
            return said.format(*found.groups())
    return _OF_EVERY


def _better(arm: Arm, report: Report) -> str:
    """The best of those that are better than broken, three at most."""
    found = [each for each in attacked(report) if each.grade in ("WEAKENED", "NOT BROKEN BY THE ATTACKS RUN")]
    best = sorted(found, key=lambda each: WORST_FIRST.index(each.grade), reverse=True)[:3]
    return ", ".join(f"{each.title} ({each.grade})" for each in best if each.name != arm.name)
