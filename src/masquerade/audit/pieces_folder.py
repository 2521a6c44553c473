"""Where finished pieces of audits lie, so that a later run finds them: outside of any repository."""

import os
import sys
from pathlib import Path
from typing import Final

from masquerade.audit.code_version import CHANGED, code_version
from masquerade.audit.studies.data_spec import DataSpec

VARIABLE: Final = "MASQUERADE_PIECES"
"""Environment variable that names the folder."""


def pieces_folder(data: DataSpec) -> Path | None:
    """The folder of finished pieces of studies on public data.

    It is the variable's, else ``masquerade/pieces`` in the user's folder of caches. None for photos of one's own, be
    they files or arrays, which are to leave nothing behind, and for code that differs from its commit, whose revisions
    say nothing yet.
    """
    if data.source in ("folder", "arrays") or code_version().endswith(CHANGED):
        return None
    named = os.environ.get(VARIABLE)
    return Path(named) if named else _caches() / "masquerade" / "pieces"


def _caches() -> Path:
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
