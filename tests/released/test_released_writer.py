"""Writing released data sets: resumed, refused and replaced as promised."""

import fcntl
import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
import torch

from masquerade.errors import JobBusy, SourceChanged, UsageError
from masquerade.files.standing import digest
from masquerade.released import verify
from masquerade.released import writer as writer_module
from masquerade.released.ledger import Ledger
from masquerade.released.manifest import MANIFEST
from masquerade.released.writer import MakeShard, ReleaseWriter, Shard, write_release
from released_examples import SHAPE, make, plan, tree


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, bytes]:
    write_release(tmp_path / "whole", plan(), make, tmp_path / "whole.sqlite")
    return tree(tmp_path / "whole")


class Stopped(Exception):
    pass


def stop_after(shards: int) -> MakeShard:
    def making(number: int) -> Shard:
        if number >= shards:
            raise Stopped
        return make(number)

    return making


@pytest.mark.parametrize("shards", range(5))
def test_a_stopped_job_goes_on_and_leaves_the_same_bytes(
    tmp_path: Path, whole: dict[str, bytes], shards: int
) -> None:
    folder, ledger = tmp_path / "out", tmp_path / "ledger.sqlite"
    if shards < 4:
        with pytest.raises(Stopped):
            write_release(folder, plan(), stop_after(shards), ledger)
        assert not (folder / MANIFEST).exists()
    else:
        write_release(folder, plan(), make, ledger)
    made = []
    write_release(folder, plan(), lambda n: made.append(n) or make(n), ledger)
    assert made == list(range(shards, 4))
    assert tree(folder) == whole


@pytest.mark.parametrize("workers", [2, 5])
def test_the_number_of_workers_changes_nothing(tmp_path: Path, whole: dict[str, bytes], workers: int) -> None:
    write_release(tmp_path / "out", plan(), make, tmp_path / "ledger.sqlite", workers=workers)
    assert tree(tmp_path / "out") == whole


def test_no_more_shards_are_in_memory_than_workers_and_one(tmp_path: Path) -> None:
    alive, most, lock = set(), [], threading.Lock()

    def making(number: int) -> Shard:
        with lock:
            alive.add(number)
            most.append(len(alive))
        return make(number)

    with ReleaseWriter(tmp_path / "out", plan(40), tmp_path / "ledger.sqlite") as writer:
        writer.write_shards(making, workers=2, progress=lambda done, _: alive.discard(done - 1))
    assert max(most) <= 4


def test_progress_is_told_after_each_shard(tmp_path: Path) -> None:
    told = []
    write_release(
        tmp_path / "out", plan(), make, tmp_path / "ledger", progress=lambda *done: told.append(done)
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_lost_or_shortened_shard_is_made_again(tmp_path: Path, whole: dict[str, bytes]) -> None:
    folder, ledger = tmp_path / "out", tmp_path / "ledger.sqlite"
    write_release(folder, plan(), make, ledger)
    (folder / "part-00001.safetensors").unlink()
    (folder / "part-00002.safetensors").write_bytes(b"short")
    write_release(folder, plan(), make, ledger)
    assert tree(folder) == whole


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_shard_that_was_replaced_by_one_of_its_length_is_made_again(
    meanwhile: bool, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    folder, ledger = tmp_path / "out", tmp_path / "ledger.sqlite"
    write_release(folder, plan(), make, ledger)
    shard = folder / "part-00001.safetensors"
    about = shard.stat()
    with ReleaseWriter(folder, plan(), ledger) as writer:
        if meanwhile:
            writer.write_shards(make)
        shard.write_bytes(shard.read_bytes()[:-1] + b"\x7f")
        os.utime(shard, ns=(about.st_atime_ns, about.st_mtime_ns))
        writer.write_shards(make)
        writer.finish()
    assert tree(folder) == whole


def test_an_untouched_shard_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, ledger = tmp_path / "out", tmp_path / "ledger.sqlite"
    write_release(folder, plan(), make, ledger)
    read: list[str] = []

    def counted(path: Path) -> str | None:
        read.append(path.name)
        return digest(path)

    monkeypatch.setattr(writer_module, "digest", counted)
    with ReleaseWriter(folder, plan(), ledger) as writer:
        writer.done()
        writer.write_shards(make)
        writer.finish()
    assert sorted(read) == [f"part-0000{n}.safetensors" for n in range(4)]


def test_a_lost_ledger_costs_work_and_nothing_else(tmp_path: Path, whole: dict[str, bytes]) -> None:
    folder, ledger = tmp_path / "out", tmp_path / "ledger.sqlite"
    write_release(folder, plan(), make, ledger)
    ledger.unlink()
    write_release(folder, plan(), make, ledger)
    assert tree(folder) == whole


def test_other_sources_are_refused(tmp_path: Path) -> None:
    folder, ledger = tmp_path / "out", tmp_path / "ledger.sqlite"
    with pytest.raises(Stopped):
        write_release(folder, plan(), stop_after(2), ledger)
    with pytest.raises(SourceChanged):
        write_release(folder, plan(source="other photos"), make, ledger)


def test_other_settings_are_refused(tmp_path: Path) -> None:
    folder, ledger = tmp_path / "out", tmp_path / "ledger.sqlite"
    write_release(folder, plan(), make, ledger)
    other = plan()
    head = other.head.model_copy(update={"recipe": "another"})
    with pytest.raises(UsageError, match="other settings"):
        write_release(folder, type(other)(head, 4, "photos"), make, ledger)


def test_a_folder_with_another_data_set_is_refused_until_overwritten(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    folder, ledger = tmp_path / "out", tmp_path / "ledger.sqlite"
    write_release(folder, plan(6, dataset=2), make, tmp_path / "other.sqlite")
    before = tree(folder)
    with pytest.raises(UsageError, match=f"another data set: {2:032x}"):
        write_release(folder, plan(), make, ledger)
    assert tree(folder) == before
    with ReleaseWriter(folder, plan(), ledger, overwrite=True) as writer:
        assert tree(folder) == {}
        writer.write_shards(make)
        writer.finish()
    assert tree(folder) == whole


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_with_anything_else_is_left_alone(tmp_path: Path, overwrite: bool) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    with (
        pytest.raises(UsageError, match=r"thesis\.tex"),
        ReleaseWriter(folder, plan(), tmp_path / "ledger", overwrite=overwrite),
    ):
        pass
    assert tree(folder) == {"thesis.tex": b"years of work"}


def test_what_a_killed_job_left_half_written_is_removed(tmp_path: Path, whole: dict[str, bytes]) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for name in (f".masquerade-{1:016x}.tmp", f".masquerade-{2:016x}.tmp"):
        (folder / name).write_bytes(b"half")
    write_release(folder, plan(), make, tmp_path / "ledger.sqlite")
    assert tree(folder) == whole


def test_a_second_writer_is_refused_by_process(tmp_path: Path) -> None:
    folder, ledger = tmp_path / "out", tmp_path / "ledger.sqlite"
    with (
        ReleaseWriter(folder, plan(), ledger),
        pytest.raises(JobBusy, match=f"process {os.getpid()}"),
        ReleaseWriter(folder, plan(), ledger),
    ):
        pass


def test_a_second_writer_with_another_ledger_is_refused_too(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with (
        ReleaseWriter(folder, plan(), tmp_path / "ledger.sqlite"),
        pytest.raises(JobBusy),
        ReleaseWriter(folder, plan(dataset=2), tmp_path / "other.sqlite"),
    ):
        pass


def test_a_refused_writer_lets_go_of_its_locks(tmp_path: Path, whole: dict[str, bytes]) -> None:
    folder, ledger = tmp_path / "out", tmp_path / "ledger.sqlite"
    folder.mkdir()
    directory = os.open(folder, os.O_RDONLY)
    fcntl.flock(directory, fcntl.LOCK_EX)
    with pytest.raises(JobBusy), ReleaseWriter(folder, plan(), ledger):
        pass
    os.close(directory)
    write_release(folder, plan(), make, ledger)
    assert tree(folder) == whole


def test_the_manifest_needs_every_shard(tmp_path: Path) -> None:
    with ReleaseWriter(tmp_path / "out", plan(), tmp_path / "ledger") as writer:
        with pytest.raises(UsageError, match="shards are missing"):
            writer.finish()
        with pytest.raises(Stopped):
            writer.write_shards(stop_after(3))
        with pytest.raises(UsageError, match="shards are missing: 1"):
            writer.finish()


def test_a_shard_of_another_shape_is_refused(tmp_path: Path) -> None:
    wrong = Shard(torch.zeros((1, 3, 4, 4)).half(), torch.zeros(1, dtype=torch.int64))
    with pytest.raises(UsageError, match=str(SHAPE)[1:-1]):
        write_release(tmp_path / "out", plan(), lambda _: wrong, tmp_path / "ledger")


def test_the_ledger_is_private_and_outside(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite"
    write_release(tmp_path / "out", plan(), make, ledger)
    assert stat.S_IMODE(ledger.stat().st_mode) == 0o600
    assert verify(tmp_path / "out") == []
    with Ledger(ledger) as opened:
        assert [row.note for row in opened.rows().values()] == [f"note {n}" for n in range(4)]
    assert not any(b"note" in data for data in tree(tmp_path / "out").values())


def test_a_damaged_ledger_is_named(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite"
    ledger.write_bytes(b"no database at all" * 100)
    with pytest.raises(UsageError, match="ledger is damaged"):
        write_release(tmp_path / "out", plan(), make, ledger)
    with ReleaseWriter(tmp_path / "out", plan(), ledger, overwrite=True) as writer:
        writer.write_shards(make)
        writer.finish()


def test_a_ledger_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "ledger.sqlite")
    base.execute("PRAGMA user_version = 2")
    base.close()
    with pytest.raises(UsageError, match="newer format"):
        write_release(tmp_path / "out", plan(), make, tmp_path / "ledger.sqlite")
