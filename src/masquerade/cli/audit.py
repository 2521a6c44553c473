"""``masquerade audit``: run a study, write its report, and fail where a protection is too weak."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.audit.run import Audit
from masquerade.audit.study import Profile, load_study
from masquerade.cli.console import CommandFailed, note, say
from masquerade.cli.outputs import Overwrite, require_report_folder
from masquerade.report import PictureGrid, judge, parse, render, write_numbers

BELOW_WHAT_WAS_ASKED = 3


def audit(
    study: Annotated[Path, typer.Argument(help="A study file; see `list studies`.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the report.", show_default=False)],
    profile: Annotated[Profile, typer.Option(help="How much: quick, laptop or paper.")] = "laptop",
    data: Annotated[Path | None, typer.Option(help="Data root; else the variable MASQUERADE_DATA.")] = None,
    runs: Annotated[
        Path | None, typer.Option(help="Keep finished pieces here, to go on after a stop.")
    ] = None,
    fail_if: Annotated[list[str] | None, typer.Option(help="Exit with 3 if so: 'linkage>0.05'.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Check study and data; run nothing.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Attack a protection with everything we have, and write down how far it held."""
    conditions = [parse(text) for text in fail_if or []]
    require_report_folder(out, overwrite=overwrite)
    resolved = load_study(study).at(profile)
    command = f"masquerade audit {study} --profile {profile} -o REPORT"
    job = Audit(resolved, data, runs, note, command)
    if dry_run:
        note(f"would run {len(resolved.arms)} arms, {len(resolved.attacks)} attacks, seeds {resolved.seeds}")
        return
    done = job.run()
    write_numbers(done.report, out)
    rulings = [judge(done.report, condition) for condition in conditions]
    for ruling in rulings:
        note(ruling.reason)
    grids = [PictureGrid.of(title, images) for title, images in done.pictures.items()]
    say(str(render(done.report, grids, out)))
    if not all(ruling.passed for ruling in rulings):
        raise CommandFailed(BELOW_WHAT_WAS_ASKED)
