"""Jobs that cloak a folder, killed at random moments: photos appear whole or not at all, and the rest follows."""

import json
import os
import subprocess
import sys
from pathlib import Path

HARNESS = Path(__file__).parents[1] / "support" / "processes" / "cloak_crash_harness.py"


def test_kills_at_random_moments_leave_whole_photos_and_a_job_that_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, HARNESS, "15", "1", tmp_path]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr
    done = json.loads(run.stdout)
    assert done["photos"] == 12
    assert done["killed"] >= 15
    assert done["halfway"] >= 2
    assert done["broken"] == 0
