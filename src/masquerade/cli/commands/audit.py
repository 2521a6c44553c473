"""``masquerade audit``: run a study, write its report, and fail where a protection is too weak."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.audit.pieces_folder import VARIABLE
from masquerade.audit.runner import Audit
from masquerade.audit.studies.expected import expected
from masquerade.audit.studies.study import Profile
from masquerade.audit.studies.study_file import load_study
from masquerade.audit.studies.study_of_folder import study_of_folder
from masquerade.cli.commands.audit_reports import BELOW_WHAT_WAS_ASKED, UNFINISHED, Wanted, Written
from masquerade.cli.console import CommandFailed, note
from masquerade.cli.numbers import workers
from masquerade.cli.outputs import Overwrite, require_report_folder
from masquerade.cli.studies import study_named
from masquerade.errors import UsageError
from masquerade.report import parse, require_known


def audit(
    studies: Annotated[
        list[str],
        typer.Argument(
            metavar="STUDY...",
            help="Names of studies, as `list studies` has them, or their files.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Folder of the report; of several studies, one inside for each."),
    ],
    profile: Annotated[
        Profile | None, typer.Option(help="How much.", show_default="laptop, if the study has it")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Data root; else the variable MASQUERADE_DATA.")] = None,
    runs: Annotated[
        Path | None,
        typer.Option(
            help="Keep finished pieces here, for studies that share them.",
            show_default=f"the variable {VARIABLE}, else the user's caches; REPORT/{UNFINISHED} for a folder",
        ),
    ] = None,
    fail_if: Annotated[list[str] | None, typer.Option(help="Exit with 3 if so: 'linkage>0.05'.")] = None,
    jobs: Annotated[int, workers("Processes at once, over the pieces of all studies.")] = 1,
    dry_run: Annotated[bool, typer.Option(help="Check study, networks and data; run nothing.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Attack protections with the attacks that a study lists, and write down how far they held.

    A study that was stopped goes on when it is called again in the same way.
    """
    conditions = [parse(text) for text in fail_if or []]
    places = [out / Path(said).stem if len(studies) > 1 else out for said in studies]
    if len(set(places)) < len(places):
        raise UsageError("the same study twice", value=", ".join(studies), remedy="Name each once.")
    for place in places:
        require_report_folder(place, overwrite=overwrite)
    asked = [_asked(said, place, profile) for said, place in zip(studies, places, strict=True)]
    for each in asked:
        for condition in conditions:
            require_known(condition, each.study.measured)
    if dry_run:
        for each in asked:
            _promise(Audit(each.study, data, None, note, each.command))
        return
    ended = Written(asked, conditions, data, runs)
    if jobs == 1:
        for each in asked:
            ended.write(each)
    else:
        ended.write_by(jobs)
    if not ended.passed:
        raise CommandFailed(BELOW_WHAT_WAS_ASKED)


def _asked(said: str, out: Path, profile: Profile | None) -> Wanted:
    file = study_named(said)
    if file.is_dir():
        raise _folder_instead(file)
    study = load_study(file).at(profile)
    return Wanted(said, file, study, out, f"masquerade audit {said} --profile {study.profile} -o REPORT")


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
    note(f"study      {study.study.name}, profile {study.profile}")
    note(f"data       {facts.name}: {facts.people} people or classes, {size}; {facts.note}")
    note(f"would run  {len(study.arms)} arms, {len(study.attacks)} attacks, seeds {study.seeds}")
    note(f"steps      {job.steps.total}")
    note(f"takes      {expected(study)}")
    if missing := job.references.not_here():
        note(f"at home    not measured, what the owner gets with nothing released: {missing}")
