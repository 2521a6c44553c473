"""Writes docs/results.md from the reports in studies/results; run it as a script."""

from collections.abc import Iterator
from pathlib import Path

import claims
from budget import budget
from committed import RESULTS, committed, report
from marked import filled

from masquerade.audit.results import Answer, Arm, Measurement, Reference, Report
from masquerade.audit.staleness import compares_a_class_with_itself
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.studies import shipped_studies
from masquerade.report.compared import HAD, against_nothing, place_of_grade
from masquerade.report.heat_map import HeatCell, heat_map
from masquerade.report.verdict import had
from masquerade.report.words import amount, interval, metric_words

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "results.md"

CLAIMS = """# Results

## What the papers claim, and what was measured

Each claim is taken as one number with a bound, which is ours: the paper's number, with room for other people and
smaller networks (`claims.toml` beside the results). A claim holds or does not hold if the whole 95 % interval says so.
A difference has the widest interval that its two ends allow. "By older code" says that the study was not run again
since its attacks, protections or trainings changed.
"""

HOLDS = """
## What holds

Ways that rest on more than on attacks that were run; [all ways](guide/which-one.md).
"""

HEAD = """
## How to read the studies

Written by `python studies/results_page.py` from the reports in `studies/results/`; a test compares them. In brackets:
95 % intervals, for other people of the same kind. "Photo" asks whether this photo is in it, of an attacker who holds
the photo; "person" asks who, or whether this person, is in it, of one who holds other photos. The grade is the worst
answer to a question that the protection promises to leave open; an answer in brackets is not promised, and a fact.
"Strongest attack" is the one whose interval ends farthest above chance; all of them stand in the reports. Profile and
seeds are those of the report. Where every attack has a column, the number of photos stands in brackets; an empty cell
was not run, and a star says that the positive control failed: a high number there is a leak, a low one says nothing.
The guide to [grades](guide/grades.md) says more.
"""


GUIDES = ROOT / "docs" / "guide"
HEADLINES = {
    "numbers": ("disguised-nets.md", "dn_table2_lfw", "dn_table2_lfw_158"),
    "xnn": ("xnn.md", "xnn_table2", "xnn_baselines"),
}
"""Marks, the guide where each stands, and whose tables stand there, one below the other; the first always, another once
it was run."""
GENERIC = GUIDES / "generic-attacks.md"


def main() -> None:
    """Write the page, and the tables of the guides to the papers and to generic attacks."""
    PAGE.write_text(page(), encoding="utf-8")
    for mark in HEADLINES:
        guide_of(mark).write_text(guide(mark), encoding="utf-8")
    GENERIC.write_text(generic_attacks(), encoding="utf-8")


def guide_of(mark: str) -> Path:
    """The guide in which a mark stands."""
    return GUIDES / HEADLINES[mark][0]


def guide(mark: str) -> str:
    """A guide with the tables of the headline studies between their marks."""
    reports = headlines(mark)
    ages = [line for each in reports for line in _age(each)]
    return filled(
        guide_of(mark).read_text("utf-8"), mark, "\n".join([*_table(*reports), *dict.fromkeys(ages)])
    )


def generic_attacks() -> str:
    """The guide to generic attacks with what they found on LFW."""
    measured = report("generic_lfw")
    link = f"[This report](../../studies/results/{measured.study}.json)"
    head = f"{link} has all of it, with intervals. Photos: {measured.data.note}"
    rows = [head, "", *_grid(measured), *_curves(measured), *_age(measured), ""]
    return filled(GENERIC.read_text("utf-8"), "generic", "\n".join(rows))


def headlines(mark: str) -> list[Report]:
    """The reports whose tables stand at a mark."""
    return [report(study) for study in HEADLINES[mark][1:] if (RESULTS / f"{study}.json").is_file()]


def page() -> str:
    """The page as the reports have it."""
    run = [line for each in committed() for line in _study(each)]
    front = [CLAIMS, *claims.table(), HOLDS, *claims.holding()]
    return "\n".join([*front, HEAD, *run, *_not_run()])


def _not_run() -> Iterator[str]:
    """Studies without a report, and what they would cost."""
    done = {each.study for each in committed()}
    for name, hours in budget().studies.items():
        if name not in done:
            yield f"## {load_study(shipped_studies()[name]).title}\n"
            yield f"`{name}`, not run here: {hours:g} core-hours.\n"


def _study(report: Report) -> Iterator[str]:
    yield f"## {report.title}\n"
    yield f"Source: {report.source}. Data: {report.data.images} images of {report.data.people} people or classes; "
    yield f"{report.data.note} Profile {report.profile}, seeds {', '.join(map(str, report.seeds))}, "
    yield f"{report.seconds / 60:.0f} minutes on {report.machine}. "
    yield f"[JSON](../studies/results/{report.study}.json)"
    yield from _age(report)
    yield ""
    yield from _table(report)
    yield ""
    if report.study.startswith("crafter_"):
        yield from _grid(report)
    yield from _beside(report)
    if report.claims:
        yield "| what | paper | ours |"
        yield "|---|---|---|"
        for claim in report.claims:
            ours = f"{amount(claim.ours.metric, claim.ours.value)} [{interval(claim.ours)}]"
            yield f"| {claim.what} | {claim.paper} | {ours} |"
        yield ""
    yield from (f"- {finding}" for finding in _meant(report))
    yield from _curves(report)
    yield ""


def _age(report: Report) -> Iterator[str]:
    """What has moved since, after an empty line; nothing if nothing has."""
    if report.stale:
        yield f"\n**Measured by older code**: {'; '.join(report.stale)}."


def _table(*reports: Report) -> Iterator[str]:
    """The rows of one report; or of several, each below its title."""
    yield "| protection | utility | grade | question | answer | leak | chance | strongest attack | it had |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for each in reports:
        if len(reports) > 1:
            yield f"| **{each.title}** | | | | | | | | |"
        yield from map(_reference, each.references)
        for arm in each.arms:
            yield from _arm(arm, each)


def _reference(each: Reference) -> str:
    utility = _measured(each.utility) if each.utility else f"not measured: {each.reason}"
    if each.leak is None:
        return f"| {each.title} | {utility} | {place_of_grade(each)} | | | | | | |"
    by = f"the answers compared ({each.leak.metric})"
    found = f"{_measured(each.leak)} | {_chance(each.leak)}"
    return f"| {each.title} | {utility} | {place_of_grade(each)} | person | | {found} | {by} | {HAD} |"


def _measured(measured: Measurement) -> str:
    return f"{amount(measured.metric, measured.value)} [{interval(measured)}]"


def _chance(measured: Measurement) -> str:
    return amount(measured.metric, measured.chance)


def _arm(arm: Arm, report: Report) -> Iterator[str]:
    """A row for each question; protection, utility and grade stand in the first."""
    utility = "not measured"
    if arm.utility is not None:
        beside = against_nothing(arm.utility, report)
        utility = _measured(arm.utility) + (f", {beside}" if beside else "")
    first = f"| {arm.title} | {utility} | {arm.grade} "
    for answer in arm.answers:
        yield f"{first}| {answer.question} | {_answer(arm, answer)} |"
        first = "| | | "


def _answer(arm: Arm, answer: Answer) -> str:
    said = answer.grade if answer.promised or not arm.protected else f"({answer.grade})"
    if answer.grade == "INCOMPLETE":
        said = f"{said}: {answer.reason}".replace("|", "\\|")
    measured = answer.leak
    if measured is None:
        return f"{said} | | | none ran | "
    by = f"{answer.strongest.replace('_', ' ')} ({measured.metric})"
    return f"{said} | {_measured(measured)} | {_chance(measured)} | {by} | {had(answer)}"


def _grid(report: Report) -> Iterator[str]:
    """Every attack on every protection, as the Crafter paper's figure 14 has it."""
    found = heat_map(report)
    if found is None:
        return
    yield f"| every attack | {' | '.join(column.title for column in found.columns)} |"
    yield f"|---|{'---|' * len(found.columns)}"
    for arm, cells in found.rows:
        yield f"| {arm.title} | {' | '.join(map(_cell, cells))} |"
    yield ""


def _cell(cell: HeatCell) -> str:
    measured = cell.leak.headline if cell.leak else None
    if measured is None:
        return ""
    failed = "" if cell.heat is not None else "*"
    return f"{amount(measured.metric, measured.value)}{failed} ({measured.n})"


def _beside(report: Report) -> Iterator[str]:
    arms = [arm for arm in report.arms if arm.beside]
    for arm in arms:
        numbers = (
            f"{metric_words(m.metric).title} {amount(m.metric, m.value)} [{interval(m)}]" for m in arm.beside
        )
        yield f"- {arm.title}, beside its utility: {'; '.join(numbers)}"
    yield from [""] if arms else []


def _meant(report: Report) -> list[str]:
    """The findings, without those that mean nothing."""
    alone = compares_a_class_with_itself(report)
    return [finding for finding in report.findings if not (alone and "Welch p" in finding)]


def _curves(report: Report) -> Iterator[str]:
    drawn = [curve for curve in report.curves if not curve.figure.startswith("Classes by")]
    for figure in dict.fromkeys(curve.figure for curve in drawn):
        yield f"\n{figure}:\n"
        for curve in (curve for curve in drawn if curve.figure == figure):
            points = ", ".join(
                f"{point.x:g}: {amount(point.y.metric, point.y.value)}" for point in curve.points
            )
            yield f"- {curve.series} ({curve.x_label}): {points}"


if __name__ == "__main__":
    main()
