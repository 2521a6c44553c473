"""What is different from an earlier report: grade and leak of each question, protection by protection."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, final

from masquerade.audit.grading.answers import WORST_FIRST
from masquerade.audit.results import Answer, Arm, Grade, Measurement, Report
from masquerade.metrics.scale import most_of
from masquerade.report.plain import leak_in_short
from masquerade.report.roles import under_test
from masquerade.report.words import QUESTIONS, metric_words

Direction = Literal["better", "worse", "no sure difference", "the same", "not comparable"]


@final
@dataclass(frozen=True)
class Difference:
    """One thing that both reports say, or that one of them alone says.

    Args:
        arm: The protection's title.
        what: What it is about: its grade, or a question.
        before: What the earlier report says; a dash where it says nothing.
        now: What this one says, likewise.
        direction: Better or worse for the people on the photos; leaks whose intervals overlap differ by no sure amount.
    """

    arm: str
    what: str
    before: str
    now: str
    direction: Direction


@final
@dataclass(frozen=True)
class BesideEarlier:
    """A report beside an earlier one.

    Args:
        earlier: The earlier report's title.
        apart: What the two do not share, so that a difference may come from that: data, study, profile, version.
        differences: Grade and questions, protection by protection; matched by name.
    """

    earlier: str
    apart: tuple[str, ...]
    differences: tuple[Difference, ...]


def compared_with(report: Report, earlier: Report) -> BesideEarlier:
    """This report beside an earlier one; both have their answers."""
    return BesideEarlier(earlier.title, tuple(_apart(report, earlier)), tuple(_differences(report, earlier)))


def _apart(report: Report, earlier: Report) -> Iterator[str]:
    pairs = (
        ("study", earlier.study, report.study),
        ("profile", earlier.profile, report.profile),
        ("version of masquerade", earlier.masquerade, report.masquerade),
    )
    yield from (f"another {what}: {before}, now {now}" for what, before, now in pairs if before != now)
    if earlier.data.digest != report.data.digest:
        sizes = [f"{each.data.images} images of {each.data.name}" for each in (earlier, report)]
        yield f"other data: {sizes[0]}, now {sizes[1]}"


def _differences(report: Report, earlier: Report) -> Iterator[Difference]:
    before = {arm.name: arm for arm in under_test(earlier)}
    for arm in under_test(report):
        was = before.pop(arm.name, None)
        if was is None:
            yield Difference(arm.title, "grade", "–", arm.grade, "not comparable")
            continue
        yield Difference(arm.title, "grade", was.grade, arm.grade, _of_grades(was.grade, arm.grade))
        yield from _questions(arm, was)
    for was in before.values():
        yield Difference(was.title, "grade", was.grade, "–", "not comparable")


def _questions(arm: Arm, was: Arm) -> Iterator[Difference]:
    known = {answer.question: answer for answer in was.answers}
    for answer in arm.answers:
        old = known.get(answer.question)
        if old is None or (old.leak is None and answer.leak is None):
            continue
        yield Difference(
            arm.title,
            QUESTIONS[answer.question],
            _said(old),
            _said(answer),
            _of_leaks(old.leak, answer.leak),
        )


def _said(answer: Answer) -> str:
    if answer.leak is None:
        return "–"
    title = metric_words(answer.leak.metric).title
    return f"{leak_in_short(answer.leak)} ({title}, by {answer.strongest.replace('_', ' ')})"


def _of_grades(before: Grade, now: Grade) -> Direction:
    step = WORST_FIRST.index(now) - WORST_FIRST.index(before)
    if "INCOMPLETE" in (before, now) and step:
        return "not comparable"
    return "better" if step > 0 else "worse" if step else "the same"


def _of_leaks(before: Measurement | None, now: Measurement | None) -> Direction:
    """By how far each interval lies from chance to all there is to get, since two reports may have other chances."""
    if before is None or now is None or before.metric != now.metric:
        return "not comparable"
    old, new = (_scaled(each) for each in (before, now))
    if old == new:
        return "the same"
    if new[0] > old[1]:
        return "worse"
    return "better" if new[1] < old[0] else "no sure difference"


def _scaled(measured: Measurement) -> tuple[float, float]:
    """The interval as a share of the way from chance to all there is to get."""
    way = most_of(measured.metric) - measured.chance
    if way <= 0:
        return measured.low, measured.high
    return (measured.low - measured.chance) / way, (measured.high - measured.chance) / way
