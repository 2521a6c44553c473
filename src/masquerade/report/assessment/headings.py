"""A report under the headings of a data-protection impact assessment.

It fills in what the report knows, and says what it does not; it claims no compliance.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

from masquerade.audit.results import Report
from masquerade.report.plain import data_of, subject_of, verdicts
from masquerade.report.roles import controls, not_attacked, under_test
from masquerade.report.traits import traits_of

NOTE: Final = (
    "The headings are those of a data-protection impact assessment, filled in as far as this report knows. It is "
    "evidence for one and no assessment: purpose, law, necessity and the rights of the people on the photos are "
    "yours to write, and nothing here says that a law is complied with."
)


@final
@dataclass(frozen=True)
class Section:
    """One heading, and what the report knows under it, a sentence each."""

    heading: str
    lines: tuple[str, ...]


def sections(report: Report) -> list[Section]:
    """All four, in their order."""
    return [
        Section("What is processed", tuple(_processed(report))),
        Section("The risk to the people on the photos", tuple(_risk(report))),
        Section("Measures that were measured", tuple(_measures(report))),
        Section("Residual risk", tuple(_residual(report))),
    ]


def _processed(report: Report) -> Iterator[str]:
    data, folders = report.data, report.folders
    shown = "classes" if subject_of(report) == "classes" else "people"
    size = " × ".join(map(str, data.shape))
    yield f"{data.images:,} images of {data.people:,} {shown} from {data_of(report)}, {size} (channels, height, width)."
    if data.note:
        yield data.note
    if folders is not None:
        found = f"{folders.pairs:,} pairs of photo and picture, found by {folders.by}"
        yield f"{found}; {folders.read:,} are in this report."
        if folders.misfits:
            yield f"{len(folders.misfits):,} files are not in it: no partner, no face, or not to be read."
    if data.rejected:
        yield f"{len(data.rejected):,} photos were not taken in."
    yield f"Source: {report.source}."


def _risk(report: Report) -> Iterator[str]:
    for missed in report.folders.missed if report.folders is not None else ():
        if missed.count:
            yield f"Not protected: {missed.count:,} of {missed.of:,} {missed.what}."
    for verdict in verdicts(report):
        for answer in verdict.answers:
            role = "" if answer.promised else " (a fact, nothing that the protection promises)"
            yield f"{verdict.arm.title}. {answer.asks}{role} {answer.grade}. {answer.says} {answer.chance}".strip()


def _measures(report: Report) -> Iterator[str]:
    for arm in under_test(report):
        use = next((each.kept for each in verdicts(report) if each.arm.name == arm.name), "")
        yield " ".join(filter(None, (f"{arm.title}: {arm.grade}.", use, traits_of(arm))))
    if beside := controls(report):
        yield f"To compare with, no measure: {', '.join(arm.title for arm in beside)}."


def _residual(report: Report) -> Iterator[str]:
    for arm in under_test(report):
        for answer in arm.answers:
            if answer.promised and answer.grade == "INCOMPLETE":
                yield f"{arm.title}, {answer.question}: not known, {answer.reason}."
    for arm in not_attacked(report):
        yield f"{arm.title}: no attack gave a number on it."
    yield from (f"Not tested: {each[0].lower()}{each[1:].rstrip('.')}." for each in report.not_tested if each)
    if not report.not_tested:
        yield "The report names nothing that was not tested; what is not in its tables was not."
    yield from (f"Older than today's code: {moved}." for moved in report.stale)
    yield "Grades hold for these attacks, these photos and these versions alone."
