"""``masquerade audit --protected`` and ``--released``: what leaks from a folder that is there already."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from masquerade.api.audit_by_name import audit_by_name
from masquerade.api.audit_pairs import audit_command, audit_folders, said
from masquerade.api.audit_released import audit_released
from masquerade.api.report import Report
from masquerade.audit.folders.pairing import By
from masquerade.audit.store import forget
from masquerade.audit.studies.study import Profile
from masquerade.cli.answers import answer
from masquerade.cli.commands.audit_reports import UNFINISHED, facts_of
from masquerade.cli.console import CommandFailed, note, open_key
from masquerade.cli.exit_codes import CHECK_FAILED
from masquerade.errors import UsageError
from masquerade.faces.reading import FaceHandling
from masquerade.owner.records import Records
from masquerade.report import Condition, judge, write_numbers


@final
@dataclass(frozen=True)
class FromTool:
    """Photos, and what a tool made of them or how it is called.

    Args:
        photos: The photos.
        protected: What was made of them; None where the tool is called.
        command: How the tool is called.
        protection: One of masquerade's own, by name.
        people: A CSV of path and person.
        pair: How pictures belong to photos.
        faces: Whether faces are found.
        profile: How much is run.
    """

    photos: Path
    protected: Path | None
    command: str | None
    protection: str | None
    people: Path | None
    pair: By | None
    faces: FaceHandling
    profile: Profile


def audit_pairs(
    asked: FromTool, out: Path, conditions: list[Condition], cache_dir: Path | None, as_json: bool
) -> None:
    """Attack what any tool made of photos, and write the report.

    Raises:
        CommandFailed: If a condition is met.
        MasqueradeError: If the folders do not fit together.
    """
    report = _report(asked, cache_dir or out / UNFINISHED)
    if report.found.folders is not None:
        for line in said(report.found.folders):
            note(line)
    written(report, out, conditions, cache_dir, as_json)


def _report(asked: FromTool, cache_dir: Path) -> Report:
    said: dict[str, Any] = {
        "people": asked.people,
        "faces": asked.faces,
        "profile": asked.profile,
        "cache_dir": cache_dir,
        "progress": note,
    }
    if asked.command is not None:
        return audit_command(asked.photos, asked.command, **said)
    if asked.protection is not None:
        return audit_by_name(asked.photos, asked.protection, **said)
    assert asked.protected is not None  # noqa: S101  (one of the two was said)
    return audit_folders(asked.photos, asked.protected, pair=asked.pair, **said)


def written(
    report: Report, out: Path, conditions: list[Condition], cache_dir: Path | None, as_json: bool
) -> None:
    """Write a report into its folder, answer, and judge it.

    Raises:
        CommandFailed: If a condition is met.
    """
    write_numbers(report.found, out)
    rulings = [judge(report.found, condition) for condition in conditions]
    for ruling in rulings:
        note(ruling.reason)
    page = report.to_html(out / "report.html", overwrite=True)
    answer(facts_of(report.found, str(page), rulings), as_json, str(page))
    if cache_dir is None:
        forget(out / UNFINISHED)
    if not all(ruling.passed for ruling in rulings):
        raise CommandFailed(CHECK_FAILED)


def audit_release(
    released: Path,
    photos: Path,
    key: Path | None,
    model: Path | None,
    out: Path,
    conditions: list[Condition],
    profile: Profile | None,
    cache_dir: Path | None,
    as_json: bool,
) -> None:
    """Attack a released folder, and write the report.

    Raises:
        CommandFailed: If a condition is met.
        MasqueradeError: If folder, photos, key and model do not belong together.
    """
    if key is None:
        raise UsageError(
            "an audit of a release needs the owner's key",
            place="--key",
            remedy="Give --key FILE: only its owner can tell which photo is behind which image.",
        )
    report = audit_released(
        released,
        key=open_key(key),
        records=Records.beside(key).folder,
        photos=photos,
        model=model,
        profile=profile or "quick",
        cache_dir=cache_dir or out / UNFINISHED,
        progress=note,
    )
    written(report, out, conditions, cache_dir, as_json)
