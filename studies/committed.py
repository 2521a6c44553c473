"""The reports in studies/results, under the names that things have now."""

import re
from pathlib import Path
from typing import Final

from masquerade.audit.grading.answers import with_answers
from masquerade.audit.results import Report

RESULTS = Path(__file__).parent / "results"
_RENAMED: Final = (
    (r'"hardened(?=\d|")', '"blocks-noise'),
    (r"`hardened`", "`blocks-noise`"),
    (r"\bHardened\b", "Blocks with noise"),
    (
        "Image Disguising for Privacy-preserving Deep",
        "Disguised-Nets: Image Disguising for Privacy-preserving Outsourced Deep",
    ),
    ("Fano factor by class: ", "Classes by label agreement: "),
    ("Fano factor, 1 if all images get one label", "label agreement"),
    (r"mean Fano factor (?!\()", "mean label agreement "),
)
"""The recipe ``blocks-noise`` was called "hardened" when they were measured, and label agreement the Fano factor."""


def committed() -> list[Report]:
    """Every report, sorted by file name."""
    return [report(path.stem) for path in sorted(RESULTS.glob("*.json"))]


def report(study: str) -> Report:
    """The report of one study; one from before the two questions is answered from its leaks."""
    text = (RESULTS / f"{study}.json").read_text("utf-8")
    for before, now in _RENAMED:
        text = re.sub(before, now, text)
    return with_answers(Report.model_validate_json(text))
