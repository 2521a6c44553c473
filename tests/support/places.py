"""Where the tests and what they read stand."""

import os
import sys
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
ROOT: Final = TESTS.parent
VECTORS: Final = TESTS / "vectors"
_APART: Final = {"vectors", "outside", "third_party", "sessions", "__pycache__"}
FOLDERS: Final = (
    TESTS,
    *sorted(
        folder
        for folder in TESTS.rglob("*")
        if folder.is_dir() and not _APART & set(folder.relative_to(TESTS).parts) and any(folder.glob("*.py"))
    ),
)


def let_import() -> None:
    """Let this process, and those that it starts, import what tests share, whichever folder it stands in."""
    here = [str(folder) for folder in FOLDERS]
    sys.path.extend(folder for folder in here if folder not in sys.path)
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [*filter(None, before), *(each for each in here if each not in before)]
    )
