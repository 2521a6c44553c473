"""A released data set under PyTorch: items, batches, workers, and no key anywhere near."""

import copy
import io
import pickle
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from masquerade.errors import DamagedRelease, UnsupportedRelease, UsageError
from masquerade.released import ReleasedDataset, dataset
from masquerade.released.writer import write_release
from released_examples import CLASSES, SHAPE, make, plan

SHARDS = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_release(tmp_path / "released", plan(SHARDS), make, tmp_path / "ledger.sqlite")
    return tmp_path / "released"


@pytest.fixture
def expected() -> tuple[torch.Tensor, torch.Tensor]:
    shards = [make(number) for number in range(SHARDS)]
    return torch.cat([shard.x for shard in shards]).float(), torch.cat([shard.y for shard in shards])


def test_every_item_is_what_was_written(folder: Path, expected: tuple[torch.Tensor, torch.Tensor]) -> None:
    released = ReleasedDataset(folder)
    assert (len(released), released.shape, released.classes) == (24, SHAPE, CLASSES)
    for index, (image, label) in enumerate(zip(*expected, strict=True)):
        assert torch.equal(released[index][0], image)
        assert released[index][1] == int(label)
    assert released[0][0].dtype == torch.float32
    assert torch.equal(released[-1][0], released[23][0])
    with pytest.raises(IndexError):
        released[24]


def test_load_all_gives_the_same(folder: Path, expected: tuple[torch.Tensor, torch.Tensor]) -> None:
    images, labels = ReleasedDataset(folder).load_all()
    assert torch.equal(images, expected[0])
    assert torch.equal(labels, expected[1])


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_it_works_with_loader_workers(
    folder: Path, expected: tuple[torch.Tensor, torch.Tensor], context: str
) -> None:
    loader = DataLoader(ReleasedDataset(folder), 5, num_workers=2, multiprocessing_context=context)
    batches = list(loader)
    assert torch.equal(torch.cat([x for x, _ in batches]), expected[0])
    assert torch.equal(torch.cat([y for _, y in batches]), expected[1])


def test_few_shards_are_mapped_at_a_time(
    folder: Path, expected: tuple[torch.Tensor, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "MAPPED_SHARDS", 2)
    released = ReleasedDataset(folder)
    for index in torch.randperm(24, generator=torch.Generator().manual_seed(0)).tolist():
        assert torch.equal(released[index][0], expected[0][index])
        assert len(released._mapped) <= 2


def test_it_can_be_pickled_with_shards_mapped(
    folder: Path, expected: tuple[torch.Tensor, torch.Tensor]
) -> None:
    released = ReleasedDataset(folder)
    assert torch.equal(released[3][0], pickle.loads(pickle.dumps(released))[3][0])  # noqa: S301 - our own


def test_items_can_be_changed_without_changing_the_data(folder: Path) -> None:
    released = ReleasedDataset(folder)
    released[0][0].zero_()
    assert released[0][0].any()


def test_a_truncated_shard_is_refused_at_once(folder: Path) -> None:
    shard = folder / "part-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(DamagedRelease, match="part-00002"):
        ReleasedDataset(folder)


def test_values_that_are_no_numbers_are_refused_when_loaded(folder: Path) -> None:
    shard = folder / "part-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-2] + b"\x00\x7e")
    with pytest.raises(DamagedRelease, match="finite"):
        ReleasedDataset(folder).load_all()


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedRelease, match="no finished released data set"):
        ReleasedDataset(tmp_path)


def test_no_key_and_no_disguise_comes_with_it() -> None:
    check = (
        "import sys, masquerade.released, masquerade.released.writer as _;"
        "print([m for m in sys.modules if m.startswith(('masquerade.keys', 'masquerade.disguises',"
        " 'masquerade.owner', 'masquerade.recipes', 'cryptography'))])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_arrays_are_the_same_numbers(folder: Path, expected: tuple[torch.Tensor, torch.Tensor]) -> None:
    images, labels = ReleasedDataset(folder).to_arrays()
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    assert torch.equal(torch.from_numpy(images), expected[0])
    assert torch.equal(torch.from_numpy(labels), expected[1])


def test_tar_files_hold_each_image_and_its_label(
    folder: Path, expected: tuple[torch.Tensor, torch.Tensor], tmp_path: Path
) -> None:
    files = ReleasedDataset(folder).to_webdataset(tmp_path / "tars")
    assert len(files) == SHARDS
    row = 0
    for file in files:
        with tarfile.open(file) as tar:
            names = tar.getnames()
            for image, label in zip(names[::2], names[1::2], strict=True):
                assert (image, label) == (f"{row:09d}.npy", f"{row:09d}.cls")
                stored = np.load(io.BytesIO(tar.extractfile(image).read()))  # type: ignore[union-attr]
                assert torch.equal(torch.from_numpy(stored), expected[0][row])
                assert int(tar.extractfile(label).read()) == int(expected[1][row])  # type: ignore[union-attr]
                row += 1
    assert row == len(expected[1])
    with pytest.raises(UsageError, match=r"part-00000\.tar"):
        ReleasedDataset(folder).to_webdataset(tmp_path / "tars")
    before = files[0].read_bytes()
    ReleasedDataset(folder).to_webdataset(tmp_path / "tars", overwrite=True)
    assert files[0].read_bytes() == before


Row = dict[str, Any]


class Columns:
    """What ``to_hf`` asks of the library datasets, which is too large to be installed for this."""

    Features, Value, Array3D = (
        dict,
        staticmethod(lambda kind: kind),
        staticmethod(lambda shape, dtype: (shape, dtype)),
    )

    class Dataset:
        @staticmethod
        def from_generator(
            rows: Callable[..., Iterator[Row]], features: Row, gen_kwargs: Row
        ) -> tuple[Row, list[Row]]:
            return features, list(rows(**copy.deepcopy(gen_kwargs)))  # the library pickles them


def test_hugging_face_datasets_are_given_each_row(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", Columns)  # type: ignore[arg-type]
    features, rows = ReleasedDataset(folder).to_hf()
    assert features == {"image": (SHAPE, "float32"), "label": "int64"}
    assert len(rows) == 24
    assert (rows[3]["image"] == ReleasedDataset(folder)[3][0].numpy()).all()
    assert rows[3]["label"] == ReleasedDataset(folder)[3][1]


def test_a_library_that_is_missing_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UsageError, match="pip install datasets"):
        ReleasedDataset(folder).to_hf()
