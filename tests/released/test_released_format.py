"""The released format: manifests and shards say exactly what they must, or are refused."""

import json
import platform
import re
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from masquerade.errors import DamagedRelease, UnsupportedRelease, UsageError
from masquerade.released import ReleasedDataset, verify
from masquerade.released.made_with import here
from masquerade.released.manifest import MANIFEST, Manifest
from masquerade.released.shard import Layout
from masquerade.released.shard_file import ShardFile
from masquerade.released.shard_values import encode
from masquerade.released.writer import write_release
from released_examples import CLASSES, SHAPE, make, plan

VERSION_1 = Path(__file__).parents[1] / "vectors" / "released" / "version-1"
"""As the program wrote it before version 2."""
LAYOUT = Layout("0" * 31 + "1", 7, 3, SHAPE, "float32")


@pytest.fixture
def manifest(tmp_path: Path) -> bytes:
    write_release(tmp_path / "released", plan(), make, tmp_path / "ledger.sqlite")
    return (tmp_path / "released" / MANIFEST).read_bytes()


def test_a_manifest_survives_reading_and_writing(manifest: bytes) -> None:
    assert Manifest.from_bytes(manifest, "here").to_bytes() == manifest


def test_damage_to_any_byte_of_a_manifest_is_found(manifest: bytes) -> None:
    for at in range(len(manifest)):
        for flip in (0x01, 0x20):
            damaged = manifest[:at] + bytes([manifest[at] ^ flip]) + manifest[at + 1 :]
            with pytest.raises((DamagedRelease, UnsupportedRelease)):
                Manifest.from_bytes(damaged, "here")


def test_a_manifest_cut_short_anywhere_is_refused(manifest: bytes) -> None:
    for end in range(len(manifest)):
        with pytest.raises((DamagedRelease, UnsupportedRelease)):
            Manifest.from_bytes(manifest[:end], "here")


def test_a_newer_version_is_told_apart_from_damage(manifest: bytes) -> None:
    fields = json.loads(manifest) | {"version": 3}
    with pytest.raises(UnsupportedRelease, match=r"newer format.*version 3"):
        Manifest.from_bytes(json.dumps(fields).encode(), "here")


def test_a_data_set_of_version_1_is_read(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(VERSION_1, tmp_path / "released"))
    assert verify(folder) == []
    read = Manifest.load(folder)
    assert (read.version, read.made_with, read.images) == (1, None, 7)
    assert read.to_bytes() == (folder / MANIFEST).read_bytes()
    assert [len(images) for images in (ReleasedDataset(folder)[row][0] for row in range(7))] == [2] * 7


def test_what_a_data_set_was_made_with_is_said_in_version_2_and_names_nobody(manifest: bytes) -> None:
    fields = json.loads(manifest)
    assert fields["version"] == 2
    assert set(fields["made_with"]) == {"torch", "numpy", "pillow", "jpeg", "processor"}
    found = here().model_dump()
    assert all(re.fullmatch(r"[A-Za-z0-9.+ -]{1,40}", value) for value in found.values()), found
    assert platform.node() not in str(found)
    for wrong in ({**fields, "version": 1}, {name: fields[name] for name in fields if name != "made_with"}):
        with pytest.raises(DamagedRelease):
            Manifest.from_bytes(json.dumps(wrong).encode(), "here")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"format": 1}', b"[" * 100_000])
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises((DamagedRelease, UnsupportedRelease)):
        Manifest.from_bytes(data, "here")


def test_a_manifest_knows_neither_further_fields_nor_other_spellings(manifest: bytes) -> None:
    fields = json.loads(manifest)
    for changed in (fields | {"more": 1}, fields | {"images": "16"}, fields | {"version": True}):
        with pytest.raises((DamagedRelease, UnsupportedRelease)):
            Manifest.from_bytes(json.dumps(changed).encode(), "here")
    with pytest.raises(DamagedRelease, match="checksum"):
        Manifest.from_bytes(json.dumps(fields).encode(), "here")


def test_the_safetensors_library_reads_a_shard(tmp_path: Path) -> None:
    write_release(tmp_path / "released", plan(), make, tmp_path / "ledger.sqlite")
    for number in range(4):
        read = load_file(tmp_path / "released" / f"part-{number:05d}.safetensors")
        assert torch.equal(read["x"], make(number).x)
        assert torch.equal(read["y"], make(number).y)


def test_a_shard_without_images_can_be_written_and_read(tmp_path: Path) -> None:
    layout = Layout("0" * 32, 0, 0, SHAPE, "float16")
    shard = encode(
        torch.empty((0, *SHAPE), dtype=torch.float16), torch.empty(0, dtype=torch.int64), layout, "x"
    )
    (tmp_path / "x").write_bytes(b"".join(shard.parts))
    assert ShardFile(tmp_path / "x", layout).images().shape == (0, *SHAPE)


def stored(path: Path, layout: Layout = LAYOUT) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = torch.rand(layout.images, *SHAPE), torch.tensor([0, 1, 4])
    path.write_bytes(b"".join(encode(x, y, layout, path.name).parts))
    return x, y


def test_a_shard_file_gives_back_what_was_encoded(tmp_path: Path) -> None:
    x, y = stored(tmp_path / "x")
    read = ShardFile(tmp_path / "x", LAYOUT)
    assert torch.equal(read.images(), x)
    assert torch.equal(read.labels(), y)
    assert torch.equal(read.image(1), x[1])
    read.check(CLASSES)


@pytest.mark.parametrize(
    "other",
    [
        Layout("f" * 32, 7, 3, SHAPE, "float32"),
        Layout(LAYOUT.dataset_id, 8, 3, SHAPE, "float32"),
        Layout(LAYOUT.dataset_id, 7, 4, SHAPE, "float32"),
        Layout(LAYOUT.dataset_id, 7, 3, (2, 2, 8), "float32"),
        Layout(LAYOUT.dataset_id, 7, 3, SHAPE, "float16"),
    ],
)
def test_a_shard_of_another_layout_is_refused(tmp_path: Path, other: Layout) -> None:
    stored(tmp_path / "x")
    with pytest.raises(DamagedRelease, match="header"):
        ShardFile(tmp_path / "x", other)


def test_a_file_longer_or_shorter_than_declared_is_refused(tmp_path: Path) -> None:
    stored(tmp_path / "x")
    data = (tmp_path / "x").read_bytes()
    for changed in (data + b"\0", data[:-1], data[:10], b""):
        (tmp_path / "x").write_bytes(changed)
        with pytest.raises(DamagedRelease):
            ShardFile(tmp_path / "x", LAYOUT)


def test_a_tensor_too_many_is_refused(tmp_path: Path) -> None:
    x, y = stored(tmp_path / "x")
    save_file({"x": x, "y": y, "z": y.clone()}, tmp_path / "x", {"masquerade": "{}"})
    with pytest.raises(DamagedRelease):
        ShardFile(tmp_path / "x", LAYOUT)


def test_an_absurd_header_length_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes((1 << 62).to_bytes(8, "little") + b"{}")
    with pytest.raises(DamagedRelease):
        ShardFile(tmp_path / "x", LAYOUT)


def test_values_that_are_no_numbers_are_found_when_read(tmp_path: Path) -> None:
    stored(tmp_path / "x")
    data = bytearray((tmp_path / "x").read_bytes())
    data[-4:] = b"\x00\x00\xc0\x7f"
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(DamagedRelease, match="finite"):
        ShardFile(tmp_path / "x", LAYOUT).check(CLASSES)


def test_labels_outside_the_classes_are_found_when_read(tmp_path: Path) -> None:
    stored(tmp_path / "x")
    with pytest.raises(DamagedRelease, match="labels"):
        ShardFile(tmp_path / "x", LAYOUT).check(classes=4)


def test_values_too_large_for_the_type_are_not_written() -> None:
    x = torch.full((1, *SHAPE), 1e5).half()
    with pytest.raises(UsageError, match="float16 cannot hold"):
        encode(x, torch.zeros(1, dtype=torch.int64), Layout("0" * 32, 0, 1, SHAPE, "float16"), "x")
