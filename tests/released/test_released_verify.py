"""Whatever happens to a file of a released data set, ``verify`` names the file and what is wrong with it."""

import os
import random
import shutil
from pathlib import Path

import pytest

from masquerade.errors import DamagedRelease
from masquerade.released import Problem, require_sound, verify
from masquerade.released.manifest import MANIFEST
from masquerade.released.writer import write_release
from released_examples import make, plan, tree


def release(root: Path, dataset: int = 1, shards: int = 4) -> Path:
    folder = root / f"released-{dataset}"
    write_release(folder, plan(shards, dataset), make, root / f"ledger-{dataset}.sqlite")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return release(tmp_path)


def part(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.safetensors"


def found(folder: Path, **options: bool) -> list[tuple[str, Problem]]:
    return [(finding.file, finding.problem) for finding in verify(folder, **options)]


def test_a_sound_data_set_gives_no_findings(folder: Path) -> None:
    assert verify(folder) == []
    assert verify(folder, read_data=False) == []
    assert require_sound(folder).images == 15


def test_each_of_10_000_damaged_bytes_is_found_and_its_file_named(tmp_path: Path) -> None:
    folder = release(tmp_path, shards=2)
    draw = random.Random(0)
    sound = tree(folder)
    names = sorted(sound)
    for _ in range(10_000):
        name = draw.choice(names)
        at = draw.randrange(len(sound[name]))
        old = sound[name][at]
        # In place: a file that is cut and written anew is flushed to the disk by some file systems.
        with (folder / name).open("r+b", buffering=0) as file:
            os.pwrite(file.fileno(), bytes([old ^ draw.randrange(1, 256)]), at)
            findings = verify(folder)
            os.pwrite(file.fileno(), bytes([old]), at)
        assert [finding.file for finding in findings] == [name], (name, at)
    assert verify(folder) == []


def test_a_missing_shard_is_named(folder: Path) -> None:
    part(folder, 2).unlink()
    assert found(folder) == [("part-00002.safetensors", Problem.MISSING)]


@pytest.mark.parametrize("read_data", [True, False])
def test_a_truncated_shard_is_named(folder: Path, read_data: bool) -> None:
    data = part(folder, 1).read_bytes()
    for end in (0, 7, 100, len(data) - 1):
        part(folder, 1).write_bytes(data[:end])
        assert found(folder, read_data=read_data) == [("part-00001.safetensors", Problem.TRUNCATED)]


@pytest.mark.parametrize("read_data", [True, False])
def test_swapped_shards_are_both_named(folder: Path, read_data: bool) -> None:
    first, second = part(folder, 0).read_bytes(), part(folder, 3).read_bytes()
    part(folder, 0).write_bytes(second)
    part(folder, 3).write_bytes(first)
    assert found(folder, read_data=read_data) == [
        ("part-00000.safetensors", Problem.SWAPPED),
        ("part-00003.safetensors", Problem.SWAPPED),
    ]


def test_a_shard_in_the_place_of_another_is_named_a_duplicate(folder: Path) -> None:
    shutil.copy(part(folder, 1), part(folder, 2))
    assert found(folder) == [("part-00002.safetensors", Problem.DUPLICATED)]
    assert "copy of part-00001.safetensors" in str(verify(folder)[0])


@pytest.mark.parametrize("read_data", [True, False])
def test_a_foreign_shard_is_named_with_its_data_set(folder: Path, tmp_path: Path, read_data: bool) -> None:
    shutil.copy(part(release(tmp_path, 2), 1), part(folder, 1))
    assert found(folder, read_data=read_data) == [("part-00001.safetensors", Problem.FOREIGN)]
    assert f"{2:032x}" in str(verify(folder)[0])


def test_files_that_do_not_belong_are_named_for_what_they_are(folder: Path, tmp_path: Path) -> None:
    shutil.copy(part(folder, 0), part(folder, 9))
    shutil.copy(part(release(tmp_path, 2), 1), part(folder, 8))
    (folder / "photos.txt").write_text("names")
    (folder / ".masquerade-0123456789abcdef.tmp").write_bytes(b"half")
    (folder / "more").mkdir()
    assert sorted(found(folder)) == [
        (".masquerade-0123456789abcdef.tmp", Problem.EXTRA),
        ("more", Problem.EXTRA),
        ("part-00008.safetensors", Problem.FOREIGN),
        ("part-00009.safetensors", Problem.DUPLICATED),
        ("photos.txt", Problem.EXTRA),
    ]


def test_several_damages_are_all_named(folder: Path) -> None:
    part(folder, 0).unlink()
    part(folder, 1).write_bytes(b"x" * 10_000)
    (folder / "more").touch()
    assert found(folder) == [
        ("part-00000.safetensors", Problem.MISSING),
        ("part-00001.safetensors", Problem.DAMAGED),
        ("more", Problem.EXTRA),
    ]


def test_a_shard_that_is_a_folder_is_named(folder: Path) -> None:
    part(folder, 1).unlink()
    part(folder, 1).mkdir()
    assert found(folder) == [("part-00001.safetensors", Problem.DAMAGED)]


def test_an_unfinished_job_is_told_apart_from_an_empty_folder(folder: Path, tmp_path: Path) -> None:
    (folder / MANIFEST).unlink()
    assert found(folder) == [(MANIFEST, Problem.UNFINISHED)]
    assert found(tmp_path) == [(MANIFEST, Problem.MANIFEST)]
    assert found(tmp_path / "nowhere") == [(MANIFEST, Problem.MANIFEST)]


def test_require_sound_raises_with_the_first_finding(folder: Path) -> None:
    part(folder, 2).unlink()
    with pytest.raises(DamagedRelease, match=r"part-00002\.safetensors: missing"):
        require_sound(folder)
