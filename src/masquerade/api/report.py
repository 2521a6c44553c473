"""What an audit found, as Python asks for it: grades, leaks, tables, the page, and a gate."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, final

from pydantic import ValidationError

from masquerade.audit.grading.answers import questions_of, with_answers
from masquerade.audit.results import Arm, Grade
from masquerade.audit.results import Report as Found
from masquerade.audit.revisions import moved, now
from masquerade.audit.staleness import stale
from masquerade.audit.studies.study_file import load_study
from masquerade.errors import ConditionMet, UsageError, did_you_mean
from masquerade.files.durable import write_durably
from masquerade.files.opening import read_file
from masquerade.metrics import question_of
from masquerade.promises import QUESTIONS, Question
from masquerade.report import PictureGrid, judge, parse
from masquerade.report.assessment.summary import summary_of
from masquerade.report.page import page
from masquerade.report.verdict import headline, others
from masquerade.report.words import amount, interval, on_terminals

STUDIES: Final = Path(__file__).parents[1] / "studies"
_LARGEST: Final = 1 << 28
"""Bytes of a report."""
_IN_MEMORY: Final = "arrays"


@final
@dataclass(frozen=True)
class LeakRow:
    """What one attack got out of one protection, by one metric.

    Args:
        question: "photo" (is this photo in it, what is on it) or "person" (who is it).
        attack: The attack.
        status: "ran", "incomplete" or "not applicable"; only what ran has numbers.
        metric: The metric, None without numbers.
        value: The score, None without numbers.
        low: Lower end of the 95 % interval, for other people of the same kind.
        high: Upper end.
        chance: What a blind guess scores.
        people: On how many people it was measured.
        reason: Why it did not run.
    """

    question: Question
    attack: str
    status: str
    metric: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    people: int | None = None
    reason: str = ""


@final
class ProtectionReport:
    """What an audit found of one protection; ``report[name]`` gives it.

    Args:
        arm: The protection as the report's file has it.
    """

    def __init__(self, arm: Arm) -> None:
        self.arm = arm

    @property
    def name(self) -> str:
        """What the audit called it."""
        return self.arm.name

    @property
    def grade(self) -> Grade:
        """The worst answer to a question that it promises to leave open; "UNPROTECTED" where it promises none."""
        return self.arm.grade

    @property
    def grades(self) -> dict[Question, Grade]:
        """The grade of each question, whether or not it is promised."""
        return {answer.question: answer.grade for answer in self.arm.answers}

    @property
    def strongest(self) -> str:
        """Name of the attack that decides the grade; empty if none ran."""
        return self.arm.strongest

    @property
    def utility(self) -> float | None:
        """Share of test images that the trained model named rightly; None where nothing was trained."""
        return None if self.arm.utility is None else self.arm.utility.value

    @property
    def leaks(self) -> list[LeakRow]:
        """A row for each attack, question and metric: photo first, then person."""
        return sorted(_rows(self.arm), key=lambda row: QUESTIONS.index(row.question))

    def __repr__(self) -> str:
        lines = [f"{self.name}: {self.grade}"]
        for answer in self.arm.answers:
            if answer.leak is not None:
                seen, by = answer.leak, answer.strongest
                lines.append(
                    f"  {answer.question:7}{answer.grade}: {seen.metric} {amount(seen.metric, seen.value)} "
                    f"({interval(seen)}), chance {amount(seen.metric, seen.chance)}, by {by}"
                )
            else:
                lines.append(
                    f"  {answer.question:7}{answer.grade}" + (f": {answer.reason}" if answer.reason else "")
                )
        return on_terminals("\n".join(lines))


@final
class Report:
    """What an audit found.

    ``audit`` and ``audit_released`` make it; ``Report.load`` reads a ``report.json``, also of a study.

    Args:
        found: The report as its file has it.
        pictures: What was recovered, for the page alone: pictures are in no file of numbers.
    """

    def __init__(self, found: Found, pictures: Sequence[PictureGrid] = ()) -> None:
        self.found = with_answers(found)
        self._pictures = tuple(pictures)

    @classmethod
    def load(cls, path: str | Path) -> "Report":
        """Read a report.

        Args:
            path: A ``report.json``, or the folder that it stands in.

        Raises:
            UsageError: If there is none, or it is damaged or of a newer version.
        """
        path = Path(path)
        file = path / "report.json" if path.is_dir() else path
        try:
            return cls(Found.model_validate_json(read_file(file, _LARGEST)))
        except OSError as error:
            raise UsageError("no such report", value=error.strerror, place=file) from None
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise UsageError(
                "not a report, or one of a newer version",
                value=f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}",
                place=file,
                remedy="Give the report.json of an audit.",
            ) from None

    def __getitem__(self, name: str) -> ProtectionReport:
        for each in self:
            if name in (each.name, each.arm.title):
                return each
        names = self.names
        raise NoSuchProtection(
            "no such protection in the report",
            value=name,
            remedy=f"{did_you_mean(name, names)}There are: {', '.join(names)}.",
        )

    def __iter__(self) -> Iterator[ProtectionReport]:
        return (ProtectionReport(arm) for arm in self.found.arms)

    def __len__(self) -> int:
        return len(self.found.arms)

    @property
    def names(self) -> list[str]:
        """What the protections are called, in order."""
        return [arm.name for arm in self.found.arms]

    @property
    def verdict(self) -> str:
        """What was found of all protections, in a sentence or two."""
        return " ".join(filter(None, (headline(self.found), others(self.found))))

    @property
    def not_tested(self) -> list[str]:
        """What the audit says nothing of, a clause each."""
        return list(self.found.not_tested)

    @property
    def stale(self) -> list[str]:
        """What has moved since: code, study or parameters, a line each; empty if nothing has."""
        if self.found.source.startswith(_IN_MEMORY):
            today = now()  # attacks and protections that were given as objects are not in it
            return moved({name: was for name, was in self.found.revisions.items() if name in today})
        file = STUDIES / f"{self.found.study}.toml"
        return stale(self.found, load_study(file) if file.is_file() else None)

    def fail_if(self, *conditions: str) -> "Report":
        """Pass if no condition is met, and give the report itself; for tests and continuous integration.

        Point estimates are compared. What an incomplete attack might have found counts as found.

        Args:
            conditions: A metric or an attack, a sign and a number each: "linkage>0.05", "utility<80%".

        Raises:
            ConditionMet: If one is met, or cannot be judged; the message has the condition and the worst number.
            UsageError: If one cannot be read, or names what was not measured.
        """
        for text in conditions:
            ruling = judge(self.found, parse(text))
            if not ruling.passed:
                raise ConditionMet(ruling.reason.rstrip("."), place=text)
        return self

    def to_frame(self) -> Any:  # noqa: ANN401 - pandas need not be installed
        """All leaks as a ``pandas.DataFrame``: the fields of ``LeakRow`` beside ``protection`` and ``grade``.

        Raises:
            UsageError: If pandas is not installed.
        """
        try:
            pandas = import_module("pandas")
        except ImportError:
            raise UsageError(
                "a table wants pandas, which is not installed",
                remedy="Run: pip install pandas. Or take report[name].leaks, which is a plain list.",
            ) from None
        return pandas.DataFrame(
            [
                {"protection": each.name, "grade": each.grade, **asdict(row)}
                for each in self
                for row in each.leaks
            ]
        )

    def to_json(self) -> str:
        """The report as JSON, by the schema of ``report.json``; it holds no picture."""
        return self.found.model_dump_json(indent=2) + "\n"

    def summary(self) -> dict[str, Any]:
        """The verdict in a few fields, as ``summary.json`` has it: grade, and leak, interval and attack by question."""
        return summary_of(self.found).model_dump(mode="json")

    def to_html(self, path: str | Path, *, overwrite: bool = False, compare: "Report | None" = None) -> Path:
        """Write the page: one file that needs nothing beside it. It may hold recovered photos.

        Args:
            path: Where to.
            overwrite: Whether a file that stands there may be replaced.
            compare: An earlier report; the page says what changed since.

        Raises:
            UsageError: If something stands there that may not be replaced.
            WriteFailed: If the disk refuses.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise UsageError("something stands there already", place=path, remedy="Say overwrite=True.")
        earlier = None if compare is None else compare.found
        write_durably(path, [page(self.found, self._pictures, earlier=earlier).encode()])
        return path

    def __repr__(self) -> str:
        data, gaps = self.found.data, len(self.not_tested)
        lines = [
            f"Audit of {data.images} images of {data.people} people, profile {self.found.profile}",
            *(
                f"  {each.name}: {each.grade}" + (f", by {each.strongest}" if each.strongest else "")
                for each in self
            ),
            *([f"  not tested: {gaps} matters, see .not_tested"] if gaps else []),
            self.verdict,
        ]
        return on_terminals("\n".join(lines))


@final
class NoSuchProtection(UsageError, KeyError):
    """A report has no protection of that name."""

    __str__ = UsageError.__str__


def _rows(arm: Arm) -> Iterator[LeakRow]:
    for leak in arm.leaks:
        numbers = [m for m in (leak.headline, *leak.others) if m is not None]
        for m in numbers:
            where = question_of(m.metric)
            yield LeakRow(
                where, leak.attack, leak.status, m.metric, m.value, m.low, m.high, m.chance, m.identities
            )
        if not numbers:
            asked = questions_of(leak) or QUESTIONS
            yield from (LeakRow(each, leak.attack, leak.status, reason=leak.reason) for each in asked)
