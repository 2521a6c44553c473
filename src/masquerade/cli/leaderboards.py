"""What `masquerade leaderboard` reads: reports in folders and files, each by itself; one that is broken stops none."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from masquerade.audit.results import Report
from masquerade.audit.revisions import moved
from masquerade.audit.staleness import UNKNOWN_CODE, stale
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.studies import shipped_studies
from masquerade.errors import MasqueradeError, UsageError
from masquerade.files.kinds import Kind, kind_behind
from masquerade.files.opening import read_file

REPORT: Final = "report.json"
LARGEST: Final = 1 << 30
"""Bytes of a report."""
_VERSION: Final = 1


@dataclass(frozen=True)
class LeftOut:
    """A file that was named, or looks like a report, and cannot be shown."""

    path: Path
    reason: str

    @property
    def line(self) -> str:
        """It as it is named on a page: without the folders of a machine."""
        name = f"{self.path.parent.name}/{self.path.name}" if self.path.name == REPORT else self.path.name
        return f"{name}: {self.reason}"


def reports_in(places: Iterable[Path]) -> Iterator[Report | LeftOut]:
    """Every report, with what has moved since it was written, and what could not be read.

    Args:
        places: Files, and folders: of these every ``report.json`` at any depth, and every report that lies in it
            under another name.

    Raises:
        UsageError: If a place does not exist.
    """
    for place in places:
        if not place.exists():
            raise UsageError(
                "no such file or folder", place=place, remedy="Name reports, or folders of them."
            )
        for file in dict.fromkeys(_files(place)):
            yield _read(file)


def _files(place: Path) -> Iterator[Path]:
    if not place.is_dir():
        yield place
        return
    yield from (path for path in sorted(place.glob("*.json")) if kind_behind(path) is Kind.REPORT)
    yield from sorted(place.rglob(REPORT))


def _read(file: Path) -> Report | LeftOut:
    try:
        text = read_file(file, LARGEST)
        said = json.loads(text)
    except (OSError, MasqueradeError) as error:
        return LeftOut(file, str(getattr(error, "strerror", None) or error))
    except (ValueError, RecursionError):
        return LeftOut(file, "it is broken: no JSON")
    if not isinstance(said, dict) or said.get("format") != "masquerade-report":
        return LeftOut(file, "it is no report")
    if said.get("version") != _VERSION:
        return LeftOut(file, f"it is of version {said.get('version')!r}, and this reads {_VERSION}")
    try:
        report = Report.model_validate(said)
    except ValidationError as error:
        return LeftOut(file, f"it is broken: {error.error_count()} fields are wrong")
    return report.model_copy(update={"stale": _moved(report)})


def _moved(report: Report) -> list[str]:
    """What has moved since, by today's code; of a study that is not one of ours, its study file aside."""
    if file := shipped_studies().get(report.study):
        return stale(report, load_study(file))
    return report.stale or (moved(report.revisions) if report.revisions else [UNKNOWN_CODE])
