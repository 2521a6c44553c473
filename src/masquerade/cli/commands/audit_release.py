"""``masquerade audit --released``: what leaks from the very folder that an owner releases."""

from pathlib import Path

from masquerade.api.audit_released import audit_released
from masquerade.audit.store import forget
from masquerade.audit.studies.study import Profile
from masquerade.cli.answers import answer
from masquerade.cli.commands.audit_reports import UNFINISHED, facts_of
from masquerade.cli.console import CommandFailed, note, open_key
from masquerade.cli.exit_codes import CHECK_FAILED
from masquerade.errors import UsageError
from masquerade.owner.records import Records
from masquerade.report import Condition, judge, write_numbers


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
