"""A hundred kills at random moments lose nothing, and the harness that says so catches careless writers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[1] / "support" / "processes" / "crash_harness.py"


def torment(writer: str, kills: int, root: Path) -> dict[str, int]:
    command = [sys.executable, HARNESS, writer, str(kills), "1", root]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_100_kills_at_random_moments_leave_every_data_set_as_if_uninterrupted(tmp_path: Path) -> None:
    done = torment("careful", 100, tmp_path)
    assert done["killed"] >= 100
    assert done["jobs"] >= 10
    assert done["broken"] == 0


@pytest.mark.parametrize("writer", ["in_place", "ledger_first", "append", "manifest_first"])
def test_a_careless_writer_is_caught(tmp_path: Path, writer: str) -> None:
    done = torment(f"careless_{writer}", 200, tmp_path)
    assert done["broken"] == 1
