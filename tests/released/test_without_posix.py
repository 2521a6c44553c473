"""What the owner and the poster do needs nothing that only POSIX has; Windows itself is not tested here."""

import json
import subprocess
import sys
from pathlib import Path

from owner_examples import person_folders
from places import TESTS

SCRIPT = TESTS / "support" / "processes" / "without_posix.py"


def test_photos_are_disguised_and_cloaked_without_it(tmp_path: Path) -> None:
    person_folders(tmp_path / "photos", people=2, each=2)
    run = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["codes"] == dict.fromkeys(found["codes"], 0), run.stderr
    assert (
        len(list((tmp_path / "cloaked").rglob("*.jpg"))) + len(list((tmp_path / "cloaked").rglob("*.png")))
        == 4
    )
    assert found["busy"] == f"process {found['process']}"
    assert found["free"] == "free"
    assert not list(tmp_path.rglob(".masquerade-*.tmp"))
