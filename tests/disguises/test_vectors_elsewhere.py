"""A key gives the same secret numbers, and disguises to within rounding, whatever the processor computes with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "support" / "processes" / "vectors_elsewhere.py"
SETTINGS = {
    "two threads": (2, {}),
    "no vector instructions": (1, {"ATEN_CPU_CAPABILITY": "default"}),
    "AVX2": (1, {"ATEN_CPU_CAPABILITY": "avx2"}),
    "AVX512": (1, {"ATEN_CPU_CAPABILITY": "avx512"}),
    "another processor's products": (1, {"MKL_CBWR": "COMPATIBLE"}),
}


@pytest.mark.parametrize(("threads", "environment"), SETTINGS.values(), ids=SETTINGS)
def test_golden_vectors_hold(threads: int, environment: dict[str, str]) -> None:
    run = subprocess.run(
        [sys.executable, SCRIPT, str(threads)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": str(threads), **environment},
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    asked = environment.get("ATEN_CPU_CAPABILITY")
    if asked and found["processor"].lower() != asked:
        pytest.skip(f"this processor has no {asked}")
    assert found["threads"] == threads
    assert found["vectors"] > 60
    assert found["wrong"] == []
