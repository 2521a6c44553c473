"""Where study files are found: those that come with the package by name, others by their file."""

from collections.abc import Mapping
from pathlib import Path

import masquerade
from masquerade.cli.catalogue import Lines
from masquerade.errors import StudyError, did_you_mean

SHIPPED = Path(masquerade.__file__).parent / "studies"
OTHERS = ("budget.toml", "claims.toml")
"""What the repository's studies may cost and what papers claim lie beside studies, and are none."""


def shipped_studies() -> Mapping[str, Path]:
    """Studies that come with the package, by name, sorted."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}


def study_files() -> Mapping[str, Path]:
    """Every study in reach, by the name for `study run`: the package's, then the files of a folder ``studies`` here."""
    here = [path for path in sorted(Path("studies").glob("*.toml")) if path.name not in OTHERS]
    return {**shipped_studies(), **{str(path): path for path in here}}


def named_studies() -> tuple[Lines, list[StudyError]]:
    """Names and titles of the studies that can be read, and what is wrong with the others."""
    from masquerade.audit.studies.study_text import read_toml

    lines: Lines = []
    wrong = []
    for name, path in study_files().items():
        try:
            lines.append((name, str(read_toml(path).get("title", ""))))
        except StudyError as error:
            wrong.append(error)
    return lines, wrong


def study_named(said: str) -> Path:
    """The file of a study that is given by its name or as a file.

    Raises:
        StudyError: If there is neither.
    """
    shipped, path = shipped_studies(), Path(said)
    if said in shipped and not path.is_file():
        return shipped[said]
    if not path.exists():
        remedy = f"{did_you_mean(said, shipped)}`masquerade list studies` names those that are here."
        raise StudyError("no such study", value=said, remedy=remedy)
    return path


def demo_study() -> Path:
    """The study that ``masquerade demo`` ends in."""
    return shipped_studies()["demo"]
