"""``masquerade study compare``, what two reports say differently; ``masquerade leaderboard``, what all of them say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from masquerade.audit.results import Arm, Measurement, Report
from masquerade.cli.answer_types import ChangeAnswer
from masquerade.cli.answers import AsJson, answer, answers
from masquerade.cli.console import CommandFailed, complain, note
from masquerade.cli.exit_codes import SOME_FAILED
from masquerade.cli.leaderboards import LARGEST, REPORT, LeftOut, reports_in
from masquerade.cli.outputs import Overwrite
from masquerade.cli.written_answers import LeaderboardAnswer
from masquerade.errors import UsageError
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.files.opening import read_file
from masquerade.files.outputs import require_folder
from masquerade.report.leaderboard import leaderboard as page_of
from masquerade.report.leaderboard import rows_of

PAGE = "index.html"
"""The file of the leaderboard in its folder."""


def compare(
    before: Annotated[Path, typer.Argument(help="Report folder, or its report.json.", show_default=False)],
    after: Annotated[Path, typer.Argument(help="Another one.", show_default=False)],
    everything: Annotated[
        bool, typer.Option("--all", help="Also show numbers whose intervals overlap.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare two reports: what leaks more, what leaks less, which grades changed."""
    first, second = _read(before), _read(after)
    if first.study != second.study:
        note(f"two studies: {first.study} and {second.study}; protections are matched by name")
    changes = list(_changes(first, second))
    shown = [each for each in changes if everything or each["apart"]]
    answers(((each, _line(each)) for each in shown), as_json)
    if hidden := len(changes) - len(shown):
        note(f"{hidden} numbers whose 95 % intervals overlap are not shown; --all shows them")
    elif not changes:
        note("the reports have no protection in common, or nothing differs")


def leaderboard(
    reports: Annotated[
        list[Path],
        typer.Argument(help="Reports, or folders of them: report.json at any depth.", show_default=False),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the page, index.html.", show_default=False)
    ],
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Put all protections of many reports on one page: grade, utility, leaks, attacks, cost, date."""
    require_folder(out, {PAGE: Kind.LEADERBOARD}, overwrite=overwrite)
    found = list(reports_in(reports))
    read = [each for each in found if not isinstance(each, LeftOut)]
    left_out = [each for each in found if isinstance(each, LeftOut)]
    for each in left_out:
        complain(f"left out {each.path}: {each.reason}")
    if not read:
        raise UsageError(
            "no report among them",
            value=", ".join(map(str, reports)),
            remedy="Name folders that `masquerade study run` or `masquerade audit` wrote.",
        )
    text = page_of(read, [each.line for each in left_out])
    out.mkdir(parents=True, exist_ok=True)
    write_durably(out / PAGE, [text.encode()])
    protections = sum(not row.control for each in read for row in rows_of(each))
    facts: LeaderboardAnswer = {
        "page": str(out / PAGE),
        "reports": len(read),
        "left_out": [str(each.path) for each in left_out],
    }
    answer(facts, as_json, f"{out / PAGE}: {protections} protections of {len(read)} reports")
    if left_out:
        raise CommandFailed(SOME_FAILED)


def _read(path: Path) -> Report:
    file = path / REPORT if path.is_dir() else path
    try:
        return Report.model_validate_json(read_file(file, LARGEST))
    except OSError as error:
        raise UsageError("the report cannot be read", value=error.strerror, place=file) from None
    except ValidationError as error:
        raise UsageError(
            "not a report",
            value=f"{error.error_count()} fields are wrong",
            place=file,
            remedy="Name a folder that `masquerade study run` or `masquerade audit` wrote.",
        ) from None


def _changes(first: Report, second: Report) -> Iterator[ChangeAnswer]:
    known = {arm.name: arm for arm in second.arms}
    for arm in first.arms:
        other = known.pop(arm.name, None)
        if other is None:
            yield _changed(arm, "only in the first report", arm.grade, None)
            continue
        if arm.grade != other.grade:
            yield _changed(arm, "grade", arm.grade, other.grade)
        yield from _numbers(arm, other)
    for arm in known.values():
        yield _changed(arm, "only in the second report", None, arm.grade)


def _changed(arm: Arm, what: str, before: str | None, after: str | None) -> ChangeAnswer:
    return {"arm": arm.name, "what": what, "before": before, "after": after, "apart": True}


def _numbers(arm: Arm, other: Arm) -> Iterator[ChangeAnswer]:
    """Utilities and the numbers of attacks that both reports have, where they differ."""
    measured, again = _measured(arm), _measured(other)
    for what, number in measured.items():
        now = again.get(what)
        if now is None or now.value == number.value:
            continue
        apart = number.high < now.low or now.high < number.low
        yield {
            "arm": arm.name,
            "what": what,
            "before": number.value,
            "after": now.value,
            "apart": apart,
        }


def _measured(arm: Arm) -> dict[str, Measurement]:
    found = {} if arm.utility is None else {f"utility ({arm.utility.metric})": arm.utility}
    for leak in arm.leaks:
        if leak.headline is not None:
            found[f"{leak.attack} ({leak.headline.metric})"] = leak.headline
    return found


def _line(change: ChangeAnswer) -> str:
    before, after = (_said(change[which]) for which in ("before", "after"))
    return f"{change['arm']}: {change['what']}: {before} -> {after}"


def _said(value: float | str | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.4g}"
