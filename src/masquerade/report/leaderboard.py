"""The front page across all systems: every protection of many reports in one table, as one file.

It works as a plain table; a small script beside it sorts and filters where scripts run, and fetches nothing.
"""

import base64
import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from masquerade.audit.grading.answers import with_answers
from masquerade.audit.grading.grade import advantage, bound_of, turned
from masquerade.audit.results import Answer, Arm, Grade, Leak, Measurement, Reference, Report
from masquerade.disguises.promised import control_as_described, wing_described
from masquerade.promises import QUESTIONS, Question
from masquerade.report import words
from masquerade.report.compared import HAD, against_nothing, place_of_grade
from masquerade.report.verdict import assumption, had, strongest

SYSTEMS: Final[Mapping[str, str]] = {
    "blocks": "Disguised-Nets",
    "tokens": "XNN",
    "cloaks": "HyperObf and other cloaks",
    "features": "Crafter and other features",
    "baselines": "Baselines and photo tools",
    "": "Other protections",
}
"""Names of the systems, by the wing that a protection stands in."""
GRADES_IN_ORDER: Final[tuple[Grade, ...]] = (
    "NOT BROKEN BY THE ATTACKS RUN",
    "WEAKENED",
    "BROKEN",
    "INCOMPLETE",
    "UNPROTECTED",
)
"""The best first; what nothing can be concluded of after all that something can."""
_CONTROL_TITLE: Final = "Control:"
_FOLDERS: Final = re.compile(
    r"(?<!http:)(?<!https:)(?<![\w.\-/\\])(?:file:(?://)?)?(?:~|[A-Za-z]:)?[\\/]{1,2}"
    r"(?:[^\\/\s'\"]+(?: [^\\/\s'\"]+)*[\\/])+"
)
"""The folders of a path of some machine, up to the name of the file."""
_LOADER: Final = PackageLoader("masquerade.report", "")


@dataclass(frozen=True)
class Shown:
    """A measurement as text, and how far it is from a blind guess (0) to all there is to get (1); None if unknown."""

    value: str
    interval: str
    chance: str
    metric: str
    photos: int
    people: int
    reached: float | None


@dataclass(frozen=True)
class Tried:
    """One attack on one protection: what it scored, or why it says nothing."""

    title: str
    shown: Shown | None
    knew: str
    reason: str
    decides: bool


@dataclass(frozen=True)
class Reply:
    """What attacks make of one question; ``fact`` where the protection does not promise to leave it open."""

    grade: str
    fact: bool
    attack: str
    shown: Shown | None
    reason: str


@dataclass(frozen=True)
class BoardRow:
    """One protection of one report, or what protections are compared with.

    ``grade`` is one of the five grades, or what stands in its place for a reference. ``reached`` is how far the
    deciding attack gets, for the order.
    """

    title: str
    system: str
    grade: str
    role: str
    study: str
    data: str
    profile: str
    utility: Shown | None
    against: str
    replies: Mapping[Question, Reply]
    deciding: str
    knew: str
    assumes: str
    seconds: float
    attack_seconds: float | None
    tried: Sequence[Tried]
    passed_over: int
    date: str
    stale: Sequence[str]
    reached: float | None

    @property
    def control(self) -> bool:
        """Whether it is no protection, but what protections are compared with."""
        return bool(self.role)


def leaderboard(reports: Iterable[Report], left_out: Sequence[str] = ()) -> str:
    """The page: every protection of all reports, by grade and then by leak, and below them the controls.

    Nothing of a machine is on it: no command, and of paths in titles and reasons the last part alone.

    Args:
        reports: What audits found; of equal ones the first.
        left_out: What could not be read, a line each, named on the page.
    """
    rows = sorted((row for each in _different(reports) for row in rows_of(each)), key=_order)
    protections = [row for row in rows if not row.control]
    return (
        _environment()
        .get_template("leaderboard.html.j2")
        .render(
            tables=[
                ("protections", "Protections", protections),
                ("controls", "Controls: what protections are compared with", [r for r in rows if r.control]),
            ],
            studies=len({row.study for row in rows}),
            counts=[(g, n) for g in GRADES_IN_ORDER if (n := sum(row.grade == g for row in protections))],
            stale=sum(bool(row.stale) for row in protections),
            systems=sorted({row.system for row in rows}),
            grades=[g for g in GRADES_IN_ORDER if any(row.grade == g for row in rows)],
            left_out=[without_folders(line) for line in left_out],
            script=script(),
            script_digest=_digest(script()),
        )
    )


def rows_of(report: Report) -> Iterator[BoardRow]:
    """The rows of one report: its references, and its arms."""
    report = with_answers(report)
    named = [SYSTEMS[wing] for arm in report.arms if arm.protected and (wing := wing_described(arm.recipe))]
    system = named[0] if named else SYSTEMS[""]
    yield from (_reference(each, report, system) for each in report.references)
    yield from (_arm(arm, report, system) for arm in report.arms)


def without_folders(text: str) -> str:
    """A text with every absolute path cut down to its last part: a report may quote the machine that wrote it."""
    return _FOLDERS.sub("", text)


def script() -> str:
    """The script that sorts and filters."""
    return _LOADER.get_source(_environment(), "leaderboard.js")[0]


def _different(reports: Iterable[Report]) -> list[Report]:
    return list({report.model_dump_json(): report for report in reports}.values())


def _order(row: BoardRow) -> tuple[int, float, str, str]:
    place = GRADES_IN_ORDER.index(row.grade) if row.grade in GRADES_IN_ORDER else len(GRADES_IN_ORDER)
    return place, 2.0 if row.reached is None else row.reached, row.title, row.study


def _role(arm: Arm) -> str:
    """Why a row is no protection; empty where it is one."""
    if not arm.protected:
        return "control: plain"
    if control_as_described(arm.recipe):
        return "control: noise"
    return "control" if arm.title.startswith(_CONTROL_TITLE) else ""


def _arm(arm: Arm, report: Report, system: str) -> BoardRow:
    best = strongest(arm)
    decided = next((each for each in arm.answers if each.strongest == arm.strongest), None)
    wing = wing_described(arm.recipe)
    return _row(
        report,
        title=arm.title,
        system=SYSTEMS[wing] if wing and arm.protected else system,
        grade=arm.grade,
        role=_role(arm),
        utility=None if arm.utility is None else _shown(arm.utility, None),
        against=against_nothing(arm.utility, report),
        replies={each.question: _reply(arm, each) for each in arm.answers},
        deciding=best.title if best else "",
        knew=had(decided) if decided and best else "",
        assumes=without_folders(_assumes(arm)),
        seconds=arm.seconds,
        attack_seconds=best.seconds if best else None,
        tried=[_tried(leak, arm) for leak in arm.leaks if leak.status != "not applicable"],
        passed_over=sum(leak.status == "not applicable" for leak in arm.leaks),
        reached=_reached(best.headline, best.ceiling) if best else None,
    )


def _assumes(arm: Arm) -> str:
    """What the grade rests on: the sentence of the promised answer that decides it."""
    asked = [each for each in arm.answers if each.promised or not arm.protected]
    found = next((each for each in asked if each.grade == arm.grade), None)
    return assumption(arm, found) if found else ""


def _reference(each: Reference, report: Report, system: str) -> BoardRow:
    reply = Reply("", True, "the answers compared", _shown(each.leak, None), "") if each.leak else None
    return _row(
        report,
        title=each.title,
        system=system,
        grade=place_of_grade(each),
        role="reference",
        utility=None if each.utility is None else _shown(each.utility, None),
        against=each.reason,
        replies={"person": reply} if reply else {},
        deciding=reply.attack if reply else "",
        knew=HAD if reply else "",
        assumes="",
        seconds=each.seconds,
        attack_seconds=None,
        tried=[],
        passed_over=0,
        reached=_reached(each.leak, None) if each.leak else None,
    )


def _row(report: Report, **facts: object) -> BoardRow:
    """A row with what is the same for all of one report."""
    data = report.data
    shared = {
        "study": without_folders(report.study),
        "data": without_folders(f"{data.name}: {data.images} images, {data.people} people or classes"),
        "profile": report.profile,
        "date": report.date,
        "stale": [without_folders(line) for line in report.stale],
    }
    title = without_folders(str(facts.pop("title")))
    return BoardRow(title=title, **shared, **facts)  # type: ignore[arg-type]


def _reply(arm: Arm, answer: Answer) -> Reply:
    leak = next((leak for leak in arm.leaks if leak.attack == answer.strongest), None)
    return Reply(
        answer.grade,
        not answer.promised and arm.protected,
        leak.title if leak else "",
        _shown(answer.leak, leak) if answer.leak else None,
        without_folders(answer.reason),
    )


def _tried(leak: Leak, arm: Arm) -> Tried:
    measured = leak.headline
    return Tried(
        title=leak.title,
        shown=None if measured is None else _shown(measured, leak),
        knew=words.listed(leak.shows) or "nothing else",
        reason=without_folders(leak.reason),
        decides=leak.attack == arm.strongest,
    )


def _shown(measured: Measurement, leak: Leak | None) -> Shown:
    same = leak is not None and leak.headline is not None and leak.headline.metric == measured.metric
    return Shown(
        value=words.amount(measured.metric, measured.value),
        interval=words.interval(measured),
        chance=words.amount(measured.metric, measured.chance),
        metric=words.metric_words(measured.metric).title,
        photos=measured.n,
        people=measured.identities,
        reached=_reached(measured, leak.ceiling if leak and same else None),
    )


def _reached(measured: Measurement | None, ceiling: float | None) -> float | None:
    if measured is None:
        return None
    seen = turned(measured)
    found = advantage(seen.value, seen.chance, bound_of(seen, ceiling))
    return None if math.isnan(found) else min(1.0, max(0.0, found))


def _digest(text: str) -> str:
    """What the page's policy says of the one script that may run."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=_LOADER,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(duration=words.duration, questions=QUESTIONS, asks=words.QUESTIONS)
    return environment
