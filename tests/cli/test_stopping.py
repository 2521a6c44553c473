"""Commands that are told to stop: they end within seconds, in order, and keep what is finished."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from masquerade.cli import lazy
from masquerade.cli.app import COMMANDS, run
from masquerade.cli.lazy import Command, every
from masquerade.cloaking.folder import cloak_folder
from masquerade.cloaking.photo_cloak import CloakedPhoto
from masquerade.data.picture import Picture
from masquerade.owner.records import Records
from masquerade.released.writer import ReleaseWriter, Shard
from photo_examples import photo_cloak, photo_folder
from released_examples import SHAPE, plan

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SCRIPT = """
import sys, threading, time
from masquerade.cli import stopping
stopping._PATIENCE = float(sys.argv[2])
ours = stopping.Stopping()
ours.begin()
threading.Thread(target=time.sleep, args=(30,)).start()  # a photo that takes its time
try:
    print("ready", flush=True)
    time.sleep(30)
except KeyboardInterrupt:
    print("in order", flush=True)
    time.sleep(float(sys.argv[1]))
ours.leave(130)
"""


@contextmanager
def interrupted_after(event: threading.Event) -> Iterator[None]:
    """Ctrl-C once an event is set; what is inside has to end within seconds then, also on a busy machine.

    The signal reaches another thread, so that it wakes nobody who waits, as when it arrives just before he sleeps.
    """
    at: list[float] = []

    def interrupt() -> None:
        event.wait(30)
        at.append(time.monotonic())
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=interrupt, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - at[0] < 5


class Slow:
    """Cloaks all photos but the first, which is not finished before it is let go."""

    def __init__(self, photos: int) -> None:
        self.cloak = photo_cloak(steps=1)
        self.left, self.others_done, self.let_go = photos - 1, threading.Event(), threading.Event()

    def __call__(self, picture: Picture, place: str) -> CloakedPhoto:
        if "photo-000" in place:
            self.let_go.wait(30)
            return self.cloak(picture, place)
        made = self.cloak(picture, place)
        self.left -= 1
        if not self.left:
            threading.Timer(0.1, self.others_done.set).start()
        return made


def test_ctrl_c_ends_a_cloak_job_and_keeps_what_is_finished(tmp_path: Path) -> None:
    photos, slow = photo_folder(tmp_path / "photos", 4), Slow(4)
    out, records = tmp_path / "out", Records(tmp_path / "records")
    with interrupted_after(slow.others_done):
        cloak_folder(photos, out, slow, records, {}, workers=2)  # type: ignore[arg-type]
    assert [path.name for path in sorted(out.rglob("*.*"))] == [f"photo-00{n}.jpg" for n in (1, 2, 3)]
    slow.let_go.set()
    assert cloak_folder(photos, out, slow, records, {}, workers=2).worked == 1  # type: ignore[arg-type]


def test_ctrl_c_does_not_wait_for_the_shards_under_way(tmp_path: Path) -> None:
    begun, let_go = threading.Event(), threading.Event()

    def make(number: int) -> Shard:
        begun.set()
        let_go.wait(30)
        return Shard(torch.zeros((2, *SHAPE), dtype=torch.float16), torch.zeros(2, dtype=torch.int64))

    with (
        ReleaseWriter(tmp_path / "out", plan(3), tmp_path / "ledger.sqlite") as writer,
        interrupted_after(begun),
    ):
        writer.write_shards(make, workers=2)
    let_go.set()


def told(
    seconds: float, *signals: signal.Signals, apart: float = 0, patience: float = 60
) -> tuple[int, str, str]:
    """A process that is told to stop, and puts things in order for so long: exit code and output."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(seconds), str(patience)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_signals,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    for each in signals:
        process.send_signal(each)
        time.sleep(apart)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def _heed_signals() -> None:
    for each in SIGNALS:  # tests that run in the background of a shell hand on that SIGINT is ignored
        signal.signal(each, signal.SIG_DFL)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_a_command_in_order_without_waiting_for_its_threads(number: signal.Signals) -> None:
    assert told(0, number) == (128 + number, "in order\n", "")


def test_six_signals_at_once_do_not_disturb_what_is_put_in_order() -> None:
    assert told(0.1, *[signal.SIGINT] * 6) == (130, "in order\n", "")


def test_a_signal_seconds_later_ends_a_command_at_once_and_without_a_traceback() -> None:
    start = time.monotonic()
    found = told(40, *[signal.SIGINT] * 3, apart=0.7, patience=0.2)
    assert found == (130, "in order\n", "")
    assert time.monotonic() - start < 20


def test_what_was_begun_with_signals_ignored_goes_on() -> None:
    code = SCRIPT.replace("time.sleep(30)\nexcept", "time.sleep(0.2)\nexcept").replace(
        "args=(30,)", "args=(0,)"
    )
    process = subprocess.Popen(
        ["/bin/sh", "-c", 'trap "" HUP; exec "$0" "$@"', sys.executable, "-c", code, "0", "60"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    assert process.communicate(timeout=20)[0] == ""
    assert process.returncode == 130  # as it was asked to leave with, not 129


@pytest.mark.parametrize(
    ("name", "command"), list(every(COMMANDS)), ids=lambda each: getattr(each, "place", "")
)
def test_every_command_that_is_interrupted_says_how_to_go_on(
    name: str,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:  # noqa: ANN401 - stands for any command
        raise KeyboardInterrupt

    monkeypatch.setattr(lazy, "loaded", interrupted)
    assert run(name.split()) == 130
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert ("to resume" in err) == command.resumes
    assert "same command" in err
