"""Options of every command that writes, and what they mean; see ``masquerade.files.outputs``."""

from pathlib import Path
from typing import Annotated, Final

import typer

from masquerade.files.kinds import Kind, kind_of
from masquerade.files.outputs import require_folder

Overwrite = Annotated[
    bool, typer.Option(help="Replace an existing output; never a key, a MaskNet, records or a database.")
]
_WRITTEN: Final = ("report.md", "report.html")


def require_report_folder(folder: Path, *, overwrite: bool) -> None:
    """Pass if a report can be written into a folder: an earlier report is replaced, other files of its names are not.

    Raises:
        UsageError: If it cannot.
    """
    ours = {"report.json": Kind.REPORT, "summary.json": Kind.SUMMARY}
    require_folder(folder, ours, overwrite=overwrite)
    earlier = kind_of(folder / "report.json") is Kind.REPORT
    require_folder(folder, dict.fromkeys(_WRITTEN, Kind.REPORT), overwrite=overwrite or earlier)
