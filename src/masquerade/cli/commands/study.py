"""``masquerade study run|list|page``: run studies, write their reports, and fail where a protection is too weak."""

from pathlib import Path
from typing import Annotated, Final

import typer

from masquerade.api.report import Report
from masquerade.audit.pieces_folder import VARIABLE
from masquerade.audit.runner import Audit
from masquerade.audit.studies.expected import expected
from masquerade.audit.studies.study import Profile
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.answer_types import ReportAnswer, StudyName, StudyPlan
from masquerade.cli.answers import AsJson, answer, answers
from masquerade.cli.commands.audit_reports import UNFINISHED, Wanted, Written
from masquerade.cli.console import CommandFailed, note
from masquerade.cli.exit_codes import CHECK_FAILED, SOME_FAILED
from masquerade.cli.numbers import workers
from masquerade.cli.outputs import Overwrite, require_report_folder
from masquerade.cli.studies import named_studies, study_named
from masquerade.errors import UsageError
from masquerade.report import Condition, parse, render, require_known

PAGE: Final = "report.html"
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help="Report folder; with several studies, one folder inside for each.",
        show_default=False,
    ),
]
CacheDir = Annotated[
    Path | None,
    typer.Option(
        help="Cache of finished work, shared by studies.",
        show_default=f"the variable {VARIABLE}, else the user's cache; REPORT/{UNFINISHED} for own photos",
    ),
]
ProfileOption = Annotated[
    Profile | None,
    typer.Option(help="How much to run.", show_default="laptop, if the study has it"),
]
Data = Annotated[
    Path | None, typer.Option(help="Folder of data sets.", show_default="the variable MASQUERADE_DATA")
]
FailIf = Annotated[
    list[str] | None,
    typer.Option(help="Exit with status 3 if the condition holds, e.g. 'linkage>0.05'.", show_default=False),
]
Jobs = Annotated[int, workers("Processes to use, over the work of all studies.")]
DryRun = Annotated[bool, typer.Option(help="Check the study, its networks and data; run nothing.")]


def run(
    studies: Annotated[
        list[str],
        typer.Argument(
            metavar="STUDY...",
            help="Studies: names of `study list`, or files.",
            show_default=False,
        ),
    ],
    out: Out,
    profile: ProfileOption = None,
    data: Data = None,
    cache_dir: CacheDir = None,
    fail_if: FailIf = None,
    jobs: Jobs = 1,
    dry_run: DryRun = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Run studies: attack protections as each study file says, and write a report.

    Safe to interrupt; run the same command again to resume.
    """
    conditions = [parse(text) for text in fail_if or []]
    places = [out / Path(said).stem if len(studies) > 1 else out for said in studies]
    if len(set(places)) < len(places):
        raise UsageError("the same study twice", value=", ".join(studies), remedy="Name each once.")
    for place in places:
        require_report_folder(place, overwrite=overwrite)
    wanted = [_asked(said, place, profile) for said, place in zip(studies, places, strict=True)]
    run_wanted(wanted, conditions, data, cache_dir, jobs, dry_run, as_json)


def run_wanted(
    wanted: list[Wanted],
    conditions: list[Condition],
    data: Path | None,
    cache_dir: Path | None,
    jobs: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Run studies and write their reports; after ``dry_run``, only say what would be run.

    Raises:
        CommandFailed: If a condition is met.
        MasqueradeError: If a study cannot be run.
    """
    for each in wanted:
        for condition in conditions:
            require_known(condition, each.study.measured)
    if dry_run:
        for each in wanted:
            _promise(Audit(each.study, data, None, note, each.command), as_json)
        return
    ended = Written(wanted, conditions, data, cache_dir, as_json)
    if jobs == 1:
        for each in wanted:
            ended.write(each)
    else:
        ended.write_by(jobs)
    if not ended.passed:
        raise CommandFailed(CHECK_FAILED)


def list_(as_json: AsJson = False) -> None:
    """List the studies that come with masquerade and those in ./studies."""
    lines, wrong = named_studies()
    width = max((len(name) for name, _ in lines), default=0)
    rows = ((StudyName(name=name, title=title), f"{name:<{width}}  {title}") for name, title in lines)
    answers(rows, as_json)
    for error in wrong:
        note(str(error))
    if wrong:
        raise CommandFailed(SOME_FAILED)


def page(
    report: Annotated[Path, typer.Argument(help="Report folder, or its report.json.", show_default=False)],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for page, Markdown and summary.", show_default=False)
    ],
    compare: Annotated[
        Path | None,
        typer.Option(
            help="An earlier report: say what changed since.", show_default="nothing to compare with"
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Make the page of a report that is there, also of an older one, and say what changed since another.

    No picture is on it: report.json holds none.
    """
    require_report_folder(out, overwrite=overwrite)
    read, earlier = Report.load(report), None if compare is None else Report.load(compare)
    source = report if report.is_dir() else report.parent
    if not overwrite and (out / PAGE).exists() and out.resolve() == source.resolve():
        raise UsageError(
            "the report's own page stands there, which may hold pictures",
            place=out / PAGE,
            remedy="Choose another folder, or pass --overwrite.",
        )
    moved = list(dict.fromkeys([*read.found.stale, *read.stale]))
    found = read.found.model_copy(update={"stale": moved})
    written = str(render(found, (), out, None if earlier is None else earlier.found))
    answer(ReportAnswer(report=written), as_json, written)


def _asked(said: str, out: Path, profile: Profile | None) -> Wanted:
    file = study_named(said)
    if file.is_dir():
        raise UsageError(
            "a folder, where a study is wanted",
            value=file,
            remedy=f"For a folder of your own photos: `masquerade audit {said} -o REPORT`.",
        )
    study = load_study(file).at(profile)
    return Wanted(said, file, study, out, f"masquerade study run {said} --profile {study.profile} -o REPORT")


def _promise(job: Audit, as_json: bool) -> None:
    """Say what a run would do."""
    study, facts = job.study, job.scene.facts
    if as_json:
        plan = StudyPlan(
            study=study.study.name,
            profile=study.profile,
            data=facts.name,
            people=facts.people,
            arms=len(study.arms),
            attacks=len(study.attacks),
            steps=job.steps.total,
            takes=expected(study),
        )
        answer(plan, as_json)
        return
    size = " x ".join(map(str, facts.shape))
    note(f"study      {study.study.name}, profile {study.profile}")
    note(f"data       {facts.name}: {facts.people} people or classes, {size}; {facts.note}")
    note(f"would run  {len(study.arms)} arms, {len(study.attacks)} attacks, seeds {study.seeds}")
    note(f"steps      {job.steps.total}")
    note(f"takes      {expected(study)}")
    if missing := job.references.not_here():
        note(f"baseline   not measured: what the owner gets with nothing released: {missing}")
