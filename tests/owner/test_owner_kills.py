"""Whole jobs of an owner, killed at random moments, end as if nothing had happened."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[1] / "support" / "processes" / "owner_crash_harness.py"


@pytest.mark.parametrize(("recipe", "kills"), [("blocks", 30), ("xnn", 6)])
def test_kills_at_random_moments_leave_data_and_records_as_if_uninterrupted(
    tmp_path: Path, recipe: str, kills: int
) -> None:
    command = [sys.executable, HARNESS, recipe, str(kills), "1", tmp_path]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr
    done = json.loads(run.stdout)
    assert done["killed"] >= kills
    assert done["jobs"] >= 1
    assert done["broken"] == 0
