"""``masquerade audit``: run a study, write its report, and fail where a protection is too weak."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from masquerade.audit.expected import expected
from masquerade.audit.results import Report
from masquerade.audit.run import Audit
from masquerade.audit.store import forget
from masquerade.audit.study import Profile
from masquerade.audit.study_file import load_study
from masquerade.audit.study_of_folder import study_of_folder
from masquerade.cli.console import CommandFailed, note, say
from masquerade.cli.outputs import Overwrite, require_report_folder
from masquerade.cli.studies import study_named
from masquerade.errors import UsageError
from masquerade.report import Condition, PictureGrid, judge, parse, render, require_known, write_numbers

BELOW_WHAT_WAS_ASKED = 3
UNFINISHED = "unfinished"
"""Folder in the report's folder that holds finished pieces until the report is written."""


def audit(
    study: Annotated[
        str, typer.Argument(help="A study's name, as `list studies` has it, or its file.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the report.", show_default=False)],
    profile: Annotated[
        Profile | None, typer.Option(help="How much.", show_default="laptop, if the study has it")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Data root; else the variable MASQUERADE_DATA.")] = None,
    runs: Annotated[
        Path | None,
        typer.Option(
            help="Keep finished pieces here, for studies that share them.",
            show_default=f"REPORT/{UNFINISHED}, until the report is written",
        ),
    ] = None,
    fail_if: Annotated[list[str] | None, typer.Option(help="Exit with 3 if so: 'linkage>0.05'.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Check study, networks and data; run nothing.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Attack protections with the attacks that a study lists, and write down how far they held.

    A study that was stopped goes on when it is called again in the same way.
    """
    conditions = [parse(text) for text in fail_if or []]
    require_report_folder(out, overwrite=overwrite)
    file = study_named(study)
    if file.is_dir():
        raise _folder_instead(file)
    resolved = load_study(file).at(profile)
    for condition in conditions:
        require_known(condition, resolved.measured)
    command = f"masquerade audit {study} --profile {resolved.profile} -o REPORT"
    kept = None if dry_run else runs or out / UNFINISHED
    job = Audit(resolved, data, kept, note, command)
    if dry_run:
        _promise(job)
        return
    if job.store.before:
        note(f"going on: {job.store.before} finished pieces in {kept}")
    done = job.run()
    write_numbers(done.report, out)
    passed = _judged(done.report, conditions)
    grids = [PictureGrid.of(title, images) for title, images in done.pictures.items()]
    say(str(render(done.report, grids, out)))
    if runs is None:
        forget(out / UNFINISHED)
    if not passed:
        raise CommandFailed(BELOW_WHAT_WAS_ASKED)


def _folder_instead(folder: Path) -> UsageError:
    """The error of a folder in the place of a study, after a study that would audit it is shown."""
    for line in study_of_folder(folder).splitlines():
        note(line)
    return UsageError(
        "a folder, where a study is wanted",
        value=folder,
        remedy="The lines above are one that audits it: save them as own.toml, and name that file.",
    )


def _promise(job: Audit) -> None:
    """Say what a run would do."""
    study, facts = job.study, job.scene.facts
    size = " x ".join(map(str, facts.shape))
    note(f"data       {facts.name}: {facts.people} people or classes, {size}; {facts.note}")
    note(f"would run  {len(study.arms)} arms, {len(study.attacks)} attacks, seeds {study.seeds}")
    note(f"steps      {job.steps.total}")
    note(f"takes      {expected(study)}")
    if missing := job.references.not_here():
        note(f"at home    not measured, what the owner gets with nothing released: {missing}")


def _judged(report: Report, conditions: Sequence[Condition]) -> bool:
    rulings = [judge(report, condition) for condition in conditions]
    for ruling in rulings:
        note(ruling.reason)
    return all(ruling.passed for ruling in rulings)
