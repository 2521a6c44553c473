"""The studies in reach and their titles; loads nothing but their files."""

from masquerade.cli.catalogue import Lines
from masquerade.errors import StudyError


def named_studies() -> tuple[Lines, list[StudyError]]:
    """Names and titles of the studies that can be read, and what is wrong with the others."""
    from masquerade.audit.studies.study_text import read_toml
    from masquerade.cli.studies import study_files

    lines: Lines = []
    wrong = []
    for name, path in study_files().items():
        try:
            lines.append((name, str(read_toml(path).get("title", ""))))
        except StudyError as error:
            wrong.append(error)
    return lines, wrong
