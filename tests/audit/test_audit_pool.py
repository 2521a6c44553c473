"""Several studies by a pool of processes: the same reports as by one, and a run that was killed goes on."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from masquerade.audit import pieces_folder
from masquerade.audit.alone import alone
from masquerade.audit.pool import Asked, tasks_of
from masquerade.audit.scenes.kept_network import KeptNetworks
from masquerade.audit.store import Store, name_of
from masquerade.audit.studies.study import DataSpec
from masquerade.cli.app import run
from masquerade.networks import Network, build
from masquerade.training import preset, probabilities

STUDY = """
name = "{name}"
title = "Study {name}"
source = "a test"
generic = false
without_generic = "a test"
[data]
source = "orl"
height = 32
width = 32
mode = "L"
classes = 20
public = 150
[training]
preset = "laptop-mlp"
change = {{ epochs = 20 }}
[[arms]]
name = "unprotected"
recipe = "none"
[[arms]]
name = "{name}"
recipe = "control-rows{block}"
[[attacks]]
name = "gram_fingerprint"
metric = "linkage"
[profiles.quick]
seeds = [0, 1]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, block in (("one", 2), ("two", 4)):
        Path(f"{name}.toml").write_text(STUDY.format(name=name, block=block))


@pytest.fixture(scope="module")
def by_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports and pieces of both studies, by one process."""
    folder = tmp_path_factory.mktemp("by_one")
    before = Path.cwd()
    os.chdir(folder)
    try:
        for name, block in (("one", 2), ("two", 4)):
            Path(f"{name}.toml").write_text(STUDY.format(name=name, block=block))
        assert run(audit("-o", "out", "--runs", "runs")) == 0
    finally:
        os.chdir(before)
    return folder


def numbers(report: Path) -> dict[str, Any]:
    """A report without what depends on the machine and its load."""
    said: dict[str, Any] = json.loads(report.read_text("utf-8"), object_hook=_timeless)
    return said


def _timeless(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in ("seconds", "machine")}


def audit(*said: str) -> list[str]:
    return ["study", "run", "one.toml", "two.toml", *said]


def test_two_processes_give_the_same_reports_as_one(by_one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(audit("-o", "out", "--runs", "runs", "--jobs", "2")) == 0
    said = capsys.readouterr()
    assert set(said.out.split()) == {f"out/{name}/report.html" for name in ("one", "two")}
    for name in ("one", "two"):
        assert numbers(Path("out", name, "report.json")) == numbers(by_one / "out" / name / "report.json")
    pieces = {path.name for path in Path("runs").glob("*.json")}
    assert pieces == {path.name for path in (by_one / "runs").glob("*.json")}
    assert "one: gram_fingerprint (seed 1)" in said.err
    assert f"/{len(pieces)}" in said.err
    assert not list(Path("runs").glob("*.lock"))


def test_pieces_that_two_studies_share_are_made_by_one_task() -> None:
    runs = Path("runs").resolve()
    runs.mkdir()
    asked = [Asked(Path(f"{name}.toml"), "quick", None, runs, "") for name in ("one", "two")]
    taken: set[str] = set()
    tasks = [task for each in asked for task in tasks_of(each, each.audit(lambda _: None), taken)]
    names = [name for task in tasks for name in task.names]
    assert len(names) == len(set(names)) == len(taken)
    assert len([task for task in tasks if task.asked == asked[0]]) > len(
        [task for task in tasks if task.asked == asked[1]]
    )


def test_a_run_that_was_killed_goes_on_and_its_processes_end(by_one: Path) -> None:
    command = [sys.executable, "-c", "import masquerade.cli; masquerade.cli.main()"]
    command += audit("-o", "out", "--runs", "runs", "--jobs", "2")
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as begun:
        while not list(Path("runs").glob("*.json")) and begun.poll() is None:
            time.sleep(0.02)
        workers = _children(begun.pid)
        os.kill(begun.pid, signal.SIGKILL)
    assert workers
    for _ in range(500):
        if not any(_runs(worker) for worker in workers):
            break
        time.sleep(0.02)
    assert not [worker for worker in workers if _runs(worker)]
    before = {path: path.stat().st_mtime_ns for path in Path("runs").glob("*.json")}
    assert before
    assert not Path("out", "one", "report.json").exists()
    assert run(audit("-o", "out", "--runs", "runs")) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    for name in ("one", "two"):
        assert numbers(Path("out", name, "report.json")) == numbers(by_one / "out" / name / "report.json")


def _children(pid: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid:
            found.append(int(status.parent.name))
    return found


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_piece_that_two_want_at_once_is_made_once(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> dict[str, Any]:
        made.append(1)
        time.sleep(0.2)
        return {"seconds": 0.0}

    found: list[dict[str, Any]] = []
    ask = lambda: found.append(Store(tmp_path / "runs").piece({"x": 1}, make))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert found[0] == found[1] == found[2]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [f"{name_of({'x': 1})}.json"]


def test_a_lock_whose_holder_died_holds_nobody_up(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom masquerade.audit.alone import alone\n"
        "with alone(Path(sys.argv[1])): os._exit(9)"
    )
    died = subprocess.run([sys.executable, "-c", code, str(tmp_path / "x")], check=False)
    assert died.returncode == 9
    assert (tmp_path / "x.lock").exists()
    with alone(tmp_path / "x"):
        pass
    assert not (tmp_path / "x.lock").exists()


def test_a_network_that_is_read_back_answers_the_same(tmp_path: Path) -> None:
    settings = preset("laptop-mlp")
    trained = []

    def train() -> Network:
        torch.manual_seed(0)
        trained.append(1)
        return build("mlp", (1, 8, 8), 3, **dict(settings.options)).eval()

    images = torch.rand(5, 1, 8, 8)
    nets = [KeptNetworks(tmp_path, "arm").network("model", settings, (1, 8, 8), 3, train) for _ in range(2)]
    assert len(trained) == 1
    assert torch.equal(*(probabilities(net, images) for net in nets))
    KeptNetworks(tmp_path, "other").network("model", settings, (1, 8, 8), 3, train)
    KeptNetworks(tmp_path, "").network("model", settings, (1, 8, 8), 3, train)
    assert len(trained) == 3


def test_several_studies_have_a_folder_each_and_no_study_comes_twice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(audit("two.toml", "-o", "out")) == 1
    assert "the same study twice" in capsys.readouterr().err
    assert run(audit("-o", "out", "--dry-run")) == 0
    err = capsys.readouterr().err
    assert "study      one, profile quick" in err
    assert "study      two, profile quick" in err
    assert not Path("out").exists()


def test_pieces_lie_outside_of_the_repository_but_never_those_of_own_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = DataSpec(source="orl", height=32, width=32, mode="L")
    own = public.model_copy(update={"source": "folder", "path": "photos"})
    monkeypatch.setattr(pieces_folder, "code_version", lambda: "0" * 40)
    monkeypatch.setenv("MASQUERADE_PIECES", str(tmp_path / "mine"))
    assert pieces_folder.pieces_folder(public) == tmp_path / "mine"
    monkeypatch.delenv("MASQUERADE_PIECES")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(pieces_folder.sys, "platform", "linux")
    assert pieces_folder.pieces_folder(public) == tmp_path / "cache" / "masquerade" / "pieces"
    assert pieces_folder.pieces_folder(own) is None
    monkeypatch.setattr(pieces_folder, "code_version", lambda: "0" * 40 + "+changes")
    assert pieces_folder.pieces_folder(public) is None
