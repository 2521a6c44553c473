"""The worked example of secret shares runs, and gives what the same training in the clear gives."""

import json
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from places import ROOT


def _three_free_ports() -> int:
    """The first of three that follow each other, where nothing listens."""
    for first in range(20_000, 60_000, 7):
        with ExitStack() as held:
            try:
                for port in range(first, first + 3):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("no three ports that follow each other are free")


def test_three_parties_train_what_one_would(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0)
    centres = np.repeat(numbers.normal(size=(3, 8)), 6, axis=0)
    np.savez(
        tmp_path / "vectors.npz",
        vectors=(centres + 0.1 * numbers.normal(size=centres.shape)).astype(np.float32),
        photos=[f"photos/{person}/{photo}.png" for person in "abc" for photo in range(6)],
    )
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "examples" / "secret_shares.py",
            tmp_path / "vectors.npz",
            "--steps",
            "2",
            "-M3",
            "-B",
            str(_three_free_ports()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["largest_difference"] < 1e-5
    assert found["right"] == found["right_in_the_clear"] == 1.0
    assert (found["photos"], found["people"], found["steps"]) == (9, 3, 2)
