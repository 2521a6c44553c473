"""``masquerade audit``: what leaks from a person's or an owner's own photos under a protection."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final, Literal

import typer

from masquerade.audit.folders.pairing import By
from masquerade.audit.studies.study import Profile
from masquerade.audit.studies.study_file import load_study
from masquerade.audit.studies.study_of_folder import study_of_folder
from masquerade.cli.answers import AsJson
from masquerade.cli.commands import study
from masquerade.cli.commands.audit_folders import FromTool, audit_pairs, audit_release
from masquerade.cli.commands.audit_reports import Wanted
from masquerade.cli.commands.study import CacheDir, DryRun, FailIf, Jobs, Out
from masquerade.cli.console import note
from masquerade.cli.old_names import UNTIL
from masquerade.cli.outputs import Overwrite, require_report_folder
from masquerade.cli.studies import shipped_studies
from masquerade.errors import UsageError
from masquerade.faces.reading import FaceHandling
from masquerade.files.durable import write_durably
from masquerade.files.opening import read_file
from masquerade.report import parse

Against = Literal["quick", "thorough"]
STUDY: Final = "study.toml"
"""The study that audits a folder, beside its report: to be changed and run by ``study run``."""


def audit(
    out: Out,
    photos: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PHOTOS", help="Photos, in a folder for each person, or loose.", show_default=False
        ),
    ] = None,
    protected: Annotated[
        Path | None,
        typer.Option(
            help="Attack these pictures, which any tool made of PHOTOS.", show_default="a new protection"
        ),
    ] = None,
    released: Annotated[
        Path | None,
        typer.Option(
            help="Attack this released folder, made of PHOTOS; needs --key.", show_default="a new protection"
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", "-k", help="The owner's key file, with --released.", show_default=False),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="Model trained on the released folder, to attack it too.", show_default=False),
    ] = None,
    command: Annotated[
        str | None,
        typer.Option(help="Attack this tool, run on each photo: 'tool {in} -o {out}'.", show_default=False),
    ] = None,
    protection: Annotated[
        str | None,
        typer.Option(help="Attack PHOTOS under this protection, without a study file.", show_default=False),
    ] = None,
    of: Annotated[
        Path | None,
        typer.Option("--photos", help="The same as PHOTOS, with --released.", show_default=False),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(help="CSV of path and person, with --protected.", show_default="the folders' names"),
    ] = None,
    pair: Annotated[
        By | None,
        typer.Option(
            help="How pictures belong to photos, with --protected.", show_default="path, else content"
        ),
    ] = None,
    faces: Annotated[
        FaceHandling,
        typer.Option(help="Find the faces, or take pictures for aligned faces, with --protected."),
    ] = "auto",
    against: Annotated[
        Against | None,
        typer.Option(help="How much to run, with --protected.", show_default="quick"),
    ] = None,
    profile: Annotated[Profile | None, typer.Option(hidden=True)] = None,
    data: Annotated[Path | None, typer.Option(hidden=True)] = None,
    cache_dir: CacheDir = None,
    fail_if: FailIf = None,
    jobs: Jobs = 1,
    dry_run: DryRun = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Attack your own photos under a protection, and report what leaks.

    Safe to interrupt; run the same command again to resume.

    With --protected, the attacks run on what any tool made of PHOTOS: who could be named, and what it left as it was.
    With --command the tool itself is run, and asked for photos of the attacker's choice.
    With --released, they run on the very folder that you release, and on its model. Without, the study that is run is
    written to OUT/study.toml: edit a copy and run it with `study run` to audit other protections.
    """
    conditions = [parse(words) for words in fail_if or []]
    photos = _places(photos, of)
    if given := [each for each in (protected, command, protection) if each is not None]:
        others = (released, key, model, *given[1:])
        if pair is not None and protected is None:
            raise UsageError("--pair goes with --protected", remedy="Leave it out.")
        if len(photos) > 1 or dry_run or any(each is not None for each in others):
            raise UsageError(
                "--protected, --command and --protection take one folder of photos, and nothing of a release",
                place="--protected",
                remedy="Say one of --protected, --command, --protection and --released; leave --dry-run out.",
            )
        require_report_folder(out, overwrite=overwrite)
        asked = FromTool(
            Path(photos[0]), protected, command, protection, people, pair, faces, _profile(against, profile)
        )
        audit_pairs(asked, out, conditions, cache_dir, as_json)
        return
    if people is not None or pair is not None or against is not None:
        raise UsageError(
            "--people, --pair and --against go with --protected, --command or --protection",
            remedy="Give one of them too.",
        )
    if released is not None:
        if len(photos) > 1 or dry_run:
            raise UsageError("--released takes one folder of photos, and no --dry-run", place="--released")
        require_report_folder(out, overwrite=overwrite)
        audit_release(released, Path(photos[0]), key, model, out, conditions, profile, cache_dir, as_json)
        return
    if key is not None or model is not None:
        raise UsageError("--key and --model go with --released", remedy="Give --released FOLDER too.")
    if not _is_folder(photos):
        note(
            f"`masquerade audit STUDY` is now `masquerade study run STUDY`; the old name works until {UNTIL}."
        )
        study.run(photos, out, profile, data, cache_dir, fail_if, jobs, dry_run, overwrite, as_json)
        return
    require_report_folder(out, overwrite=overwrite)
    text = study_of_folder(Path(photos[0]))
    with _file_of(text, out, overwrite=overwrite, keep=not dry_run) as file:
        whole = load_study(file).at(profile)
        wanted = Wanted(photos[0], file, whole, out, "masquerade audit PHOTOS -o REPORT")
        study.run_wanted([wanted], conditions, data, cache_dir, jobs, dry_run, as_json)


def _places(photos: list[str] | None, of: Path | None) -> list[str]:
    """What to audit, said as an argument or as an option."""
    if (not photos) == (of is None):
        raise UsageError("say once which photos: PHOTOS, or --photos PHOTOS", place="PHOTOS")
    return photos or [str(of)]


def _profile(against: Against | None, profile: Profile | None) -> Profile:
    if against is None:
        return profile or "quick"
    return "quick" if against == "quick" else "laptop"


def _is_folder(photos: list[str]) -> bool:
    return len(photos) == 1 and Path(photos[0]).is_dir() and photos[0] not in shipped_studies()


def _is(file: Path, text: str) -> bool:
    try:
        return read_file(file, 1 << 20) == text.encode()
    except OSError:
        return False


@contextmanager
def _file_of(text: str, out: Path, *, overwrite: bool, keep: bool) -> Iterator[Path]:
    """The study as a file: beside the report, or for this run alone."""
    if not keep:
        with TemporaryDirectory() as folder:
            (Path(folder) / STUDY).write_text(text, encoding="utf-8")
            yield Path(folder) / STUDY
        return
    file = out / STUDY
    if file.exists() and not overwrite and not _is(file, text):
        raise UsageError(
            "another study is there already",
            place=file,
            remedy=f"Run it with `masquerade study run {file}`, or replace it with --overwrite.",
        )
    out.mkdir(parents=True, exist_ok=True)
    write_durably(file, [text.encode()])
    yield file
