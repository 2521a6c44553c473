"""What commands answer under ``--json`` that write pages and files for others; the rest is in ``answer_types``."""

from typing import TypedDict


class LeaderboardAnswer(TypedDict):
    """The page of all protections, how many reports stand on it, and what could not be read."""

    page: str
    reports: int
    left_out: list[str]


class ExportAnswer(TypedDict):
    """What was written for other libraries: the form, and how many images (0 of a network) in how many files."""

    folder: str
    form: str
    images: int
    files: int
