"""Whoever does the work, a released data set is the same, and no key and no photo is where it should not be."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from masquerade.engines import ATTEMPTS, ENGINES, engine_named
from masquerade.errors import MasqueradeError, SourceChanged, UsageError, WrongKey
from masquerade.keys import KeyFile
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from masquerade.recipes import recipe
from owner_crash_harness import kept
from owner_examples import KEY, OTHER_KEY, RECIPE, person_folders
from released_examples import tree

HARNESS = Path(__file__).parents[1] / "support" / "processes" / "engine_crash_harness.py"
PATHS = os.pathsep.join(path for path in sys.path if path)
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": PATHS}
OTHERS = [
    "processes",
    pytest.param("ray", marks=pytest.mark.skipif(find_spec("ray") is None, reason="needs ray")),
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", PATHS)  # Ray's workers find this folder's modules by it
    photos = person_folders(tmp_path / "photos", 4, 20)
    (photos / "person-01" / "photo-003.png").write_bytes(b"no image")
    KEY.save(tmp_path / "owner.key")
    return tmp_path


def released(root: Path, engine: str, name: str, key: KeyFile | None = None) -> Path:
    disguise_folder(
        root / "photos",
        root / name,
        key or KeyFile(root / "owner.key"),
        Records(root / f"{name}.records"),
        RECIPE,
        accept_broken=True,
        shard_images=16,
        workers=1,
        engine=engine_named(engine, 2),
    )
    return root / name


@pytest.mark.parametrize("engine", OTHERS)
def test_data_and_records_are_those_of_one_thread(root: Path, engine: str) -> None:
    one, many = released(root, "threads", "one"), released(root, engine, "many")
    assert tree(many) == tree(one)
    assert kept(root / "many.records") == kept(root / "one.records")


@pytest.mark.parametrize("engine", ["processes"])
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the harness reads /proc")
def test_kills_of_workers_and_drivers_leave_what_one_thread_does(tmp_path: Path, engine: str) -> None:
    command = [sys.executable, HARNESS, engine, "5", "3", tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert run.returncode == 0, run.stderr
    done = json.loads(run.stdout.splitlines()[-1])  # after a word for each shard of the job without kills
    assert done["driver"] > 0
    assert done["worker"] > 0
    assert done["broken"] == 0


@dataclass(frozen=True)
class Fails:
    """Work whose pieces raise."""

    error: MasqueradeError

    def opened(self) -> Callable[[int], int]:
        return self._piece

    def _piece(self, number: int) -> int:
        raise self.error


@dataclass(frozen=True)
class Dies:
    """Work that no worker survives."""

    def opened(self) -> Callable[[int], int]:
        return os._exit


@pytest.mark.parametrize("engine", OTHERS)
def test_what_a_piece_raises_is_raised_here(root: Path, engine: str) -> None:
    error = UsageError("it cannot be done", value=3, place="here")
    chosen = engine_named(engine, 1)
    assert chosen is not None
    with pytest.raises(UsageError, match="it cannot be done"):
        list(chosen.results(Fails(error), [0, 1]))


@pytest.mark.parametrize("engine", OTHERS)
def test_work_that_every_worker_dies_of_is_given_up(
    root: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("in_processes", "in_ray"):
        monkeypatch.setattr(f"masquerade.engines.{module}.ATTEMPTS", 1)
    chosen = engine_named(engine, 1)
    assert chosen is not None
    assert ATTEMPTS > 1
    with pytest.raises(UsageError, match="workers end"):
        list(chosen.results(Dies(), [1]))


def test_a_worker_refuses_another_key_and_other_photos(root: Path) -> None:
    from masquerade.engines.in_processes import Processes

    works = []

    class Spied:
        def results(self, work, numbers):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            works.append(work)
            return Processes(1).results(work, numbers)

    key = KeyFile(root / "owner.key")
    jobs = (root / "photos", root / "out", key, Records(root / "records"), RECIPE)
    disguise_folder(*jobs, accept_broken=True, engine=Spied())
    travels = pickle.dumps(works[0])
    for secret in (bytes(range(32)), bytes(range(32)).hex().encode(), b"person-0", b"photo-0"):
        assert secret not in travels
    assert key.fingerprint.encode() in travels  # it would be found
    assert works[0].opened() is not None
    (root / "photos" / "person-00" / "photo-000.png").write_bytes(b"another")
    with pytest.raises(SourceChanged, match="other photos"):
        works[0].opened()
    (root / "owner.key").unlink()
    OTHER_KEY.save(root / "owner.key")
    with pytest.raises(WrongKey):
        works[0].opened()


def test_what_does_not_travel_is_refused(root: Path) -> None:
    KEY.save(root / "locked.key", "a passphrase")
    chosen = engine_named("processes", 1)
    for key, words in ((KEY, "in memory"), (KeyFile(root / "locked.key"), "locked")):
        with pytest.raises(UsageError, match=words):
            disguise_folder(root / "photos", root / "out", key, Records(root / "r"), RECIPE, engine=chosen)
    key = KeyFile(root / "owner.key")
    with pytest.raises(UsageError, match="one batch after the other"):
        disguise_folder(
            root / "photos",
            root / "out",
            key,
            Records(root / "r"),
            recipe("crafter"),
            engine=chosen,
            accept_broken=True,
        )


def test_engines_have_names() -> None:
    assert engine_named("threads", 1) is None
    for name, address in (("spark", None), *((other, "head:6379") for other in ENGINES if other != "ray")):
        with pytest.raises(UsageError):
            engine_named(name, 1, address)
