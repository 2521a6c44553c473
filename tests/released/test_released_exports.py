"""A released data set in other libraries' forms: the same values and labels, and nothing else."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from masquerade.cli.app import run
from masquerade.errors import UsageError
from masquerade.released import ReleasedDataset
from masquerade.released.writer import Shard, write_release
from released_examples import CLASSES, make, plan

SHARDS = 4


def pictures(number: int, channels: int = 3) -> Shard:
    """A shard of whole numbers from 0 to 255, as pictures have."""
    shard = make(number)
    random = torch.Generator().manual_seed(number)
    x = torch.randint(256, (len(shard.y), channels, 4, 4), generator=random)
    return Shard(x.half(), shard.y, shard.note)


def released_as(place: Path, of: Callable[[int], Shard]) -> Path:
    """A released data set of shards of another shape than the examples'."""
    shape = tuple(of(0).x.shape[1:])
    planned = plan(SHARDS)
    head = planned.head.model_copy(update={"image_shape": shape, "stored_shape": shape})
    write_release(place, replace(planned, head=head), of, place.with_suffix(".sqlite"))
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_release(tmp_path / "released", plan(SHARDS), make, tmp_path / "ledger.sqlite")
    return tmp_path / "released"


def test_files_of_numpy_hold_the_same_numbers(folder: Path, tmp_path: Path) -> None:
    released = ReleasedDataset(folder)
    files = released.to_npz(tmp_path / "npz")
    assert len(files) == SHARDS
    parts = [np.load(file) for file in files]
    images, labels = (np.concatenate([part[name] for part in parts]) for name in ("images", "labels"))
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    assert np.array_equal(images, released.to_arrays()[0])
    assert np.array_equal(labels, released.to_arrays()[1])
    with pytest.raises(UsageError, match=r"part-00000\.npz"):
        released.to_npz(tmp_path / "npz")
    before = files[0].read_bytes()
    released.to_npz(tmp_path / "npz", overwrite=True)
    assert files[0].read_bytes() == before


def read_back(files: tuple[Path, ...]) -> list[np.ndarray[Any, Any]]:
    found = []
    for file in files:
        if file.suffix == ".npy":
            found.append(np.load(file))
        else:
            pixels = np.asarray(Image.open(file))
            found.append(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))
    return found


@pytest.mark.parametrize(
    ("of", "ending"),
    [
        (make, ".npy"),
        (pictures, ".png"),
        (partial(pictures, channels=1), ".png"),
        (partial(pictures, channels=2), ".npy"),
    ],
)
def test_a_folder_a_class_holds_the_same_numbers(
    of: Callable[[int], Shard], ending: str, tmp_path: Path
) -> None:
    released = ReleasedDataset(released_as(tmp_path / "r", of))
    files = released.to_imagefolder(tmp_path / "classes")
    assert {file.suffix for file in files} == {ending}
    images, labels = released.load_all()
    for image, label, stored, file in zip(images, labels, read_back(files), files, strict=True):
        assert torch.equal(torch.from_numpy(stored.copy()).float(), image)
        assert int(file.parent.name) == int(label)
    # torchvision numbers classes by their sorted names, those without an image among them
    names = sorted(path.name for path in (tmp_path / "classes").iterdir())
    assert [int(name) for name in names] == list(range(CLASSES))


def test_one_value_between_two_whole_numbers_makes_it_arrays(tmp_path: Path) -> None:
    def nearly(number: int) -> Shard:
        shard = pictures(number)
        if number == SHARDS - 1:
            shard.x.view(-1)[-1] = 0.5
        return shard

    files = ReleasedDataset(released_as(tmp_path / "r", nearly)).to_imagefolder(tmp_path / "classes")
    assert {file.suffix for file in files} == {".npy"}


def test_a_folder_with_anything_in_it_is_left(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "thesis").write_text("years of work")
    with pytest.raises(UsageError, match="not empty"):
        ReleasedDataset(folder).to_imagefolder(tmp_path / "there")
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["thesis"]


@pytest.mark.parametrize("form", ["webdataset", "npz", "imagefolder"])
def test_the_command_writes_what_the_method_writes(
    form: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", str(folder), "--to", form, "-o", str(tmp_path / "one"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    getattr(ReleasedDataset(folder), f"to_{form}")(tmp_path / "two")
    written = {p.relative_to(tmp_path / "one"): p.read_bytes() for p in (tmp_path / "one").rglob("*.*")}
    assert written == {
        p.relative_to(tmp_path / "two"): p.read_bytes() for p in (tmp_path / "two").rglob("*.*")
    }
    assert facts == {
        "folder": str(tmp_path / "one"),
        "form": form,
        "images": len(ReleasedDataset(folder)),
        "files": len(written),
    }


@pytest.mark.parametrize("form", ["webdataset", "npz", "imagefolder"])
def test_nothing_of_the_key_comes_along(form: str, folder: Path, tmp_path: Path) -> None:
    """Not even what the manifest says of it: its fingerprint, and the check of what was derived from it."""
    manifest = ReleasedDataset(folder).manifest
    getattr(ReleasedDataset(folder), f"to_{form}")(tmp_path / "out")
    told = [manifest.key_fingerprint, manifest.derivation_check, manifest.dataset_id]
    assert all(told)
    for file in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        content = file.read_bytes() + file.name.encode()
        assert not any(each.encode() in content for each in told)


def test_a_folder_that_is_no_data_set_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert run(["export", str(tmp_path / "empty"), "--to", "npz", "-o", str(tmp_path / "out")]) != 0
    assert "empty" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
