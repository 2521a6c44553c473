"""A training holds its output while it lasts, and is refused another's."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from masquerade.errors import JobBusy, UsageError
from masquerade.files.kinds import Kind
from masquerade.files.tensors import packed
from masquerade.training.output import training_into, training_to

HOLD = """
import sys, time
from pathlib import Path
from masquerade.files.lock import only_process
with only_process(Path(sys.argv[1]), "busy"):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_training_is_refused_at_once_and_the_first_named(tmp_path: Path) -> None:
    out = tmp_path / "model"
    first = holder(out)
    try:
        start = time.monotonic()
        with pytest.raises(JobBusy, match=f"process {first.pid}"), training_to(out, Kind.MODEL, resume=True):
            pass
        assert time.monotonic() - start < 1
        with training_to(tmp_path / "other", Kind.MODEL, resume=True):
            pass
    finally:
        first.kill()
        first.communicate()
    with training_to(out, Kind.MODEL, resume=True):  # a lock dies with its holder
        assert [path.name for path in tmp_path.iterdir() if path.suffix == ".lock"]
    assert list(tmp_path.iterdir()) == []


def test_folders_are_held_too(tmp_path: Path) -> None:
    files = {"a": Kind.MODEL}
    with (
        training_into(tmp_path / "pair", files),
        pytest.raises(JobBusy, match=f"process {os.getpid()}"),
        training_into(tmp_path / "pair", files),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["pair"]


def test_a_checkpoint_stays_when_a_training_fails_and_goes_when_it_ends(tmp_path: Path) -> None:
    out = tmp_path / "model"

    def stopped() -> None:
        with training_to(out, Kind.MODEL, resume=True) as checkpoint:
            checkpoint.write_bytes(packed({}, "masquerade.checkpoint", "{}"))
            raise UsageError("stopped")

    with pytest.raises(UsageError, match="stopped"):
        stopped()
    assert [path.name for path in tmp_path.iterdir()] == ["model.checkpoint"]
    with training_to(out, Kind.MODEL, resume=True) as checkpoint:
        assert checkpoint.exists()
    assert not checkpoint.exists()
    checkpoint.write_bytes(packed({}, "masquerade.checkpoint", "{}"))
    with training_to(out, Kind.MODEL, resume=False) as checkpoint:
        assert not checkpoint.exists()


def test_an_earlier_model_is_replaced_and_a_users_file_is_not(tmp_path: Path) -> None:
    out = tmp_path / "model"
    out.write_bytes(packed({}, "masquerade.model", "{}"))
    with training_to(out, Kind.MODEL, resume=True):
        pass
    with (
        pytest.raises(UsageError, match="a trained model stands there"),
        training_to(out, Kind.ENCODER, resume=True),
    ):
        pass
