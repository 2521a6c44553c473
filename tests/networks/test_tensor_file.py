"""Files of tensors: the same bytes for ever, and not one bit of them changed without a word."""

import json
import random
import resource
import struct
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from masquerade import shipped_weights as shipped_module
from masquerade.errors import ModelError
from masquerade.files.kinds import TENSORS, Kind, kind_of
from masquerade.files.tensors import packed, read_tensors, read_text
from masquerade.keys import Key
from masquerade.masknets import MaskNetFile, UntrainedSource, masknet_bytes, open_source, read_masknet
from masquerade.networks.cloaks.masknet import structure
from masquerade.shipped_weights import PACKAGE, SHA256, shipped_weights

TYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool]
TENSORS_OF_ALL = {str(kind)[6:]: torch.tensor([[0, 1, 1]], dtype=kind) for kind in TYPES} | {
    "none": torch.zeros(0, 3),
    "one": torch.tensor(7.5),
}
TEXT = json.dumps({"name": 'it says "sha256.header":"0" of itself', "ü": "é"})


def test_every_type_comes_back_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(packed(TENSORS_OF_ALL, "masquerade.model", TEXT))
    assert read_text(tmp_path / "f", "masquerade.model") == TEXT
    for found in (read_tensors(tmp_path / "f", TENSORS_OF_ALL), load_file(tmp_path / "f")):
        assert found.keys() == TENSORS_OF_ALL.keys()
        for name, tensor in TENSORS_OF_ALL.items():
            assert found[name].dtype == tensor.dtype
            assert torch.equal(found[name], tensor)


def test_the_bytes_are_these() -> None:
    assert sha256(packed(TENSORS_OF_ALL, "masquerade.model", TEXT)).hexdigest() == (
        "e8fb0de4d3de8cff5f67ef6276b374b3a3ad0f19b551c613c2793a5b4c2248fb"
    )
    small = MaskNetFile.drawn(
        UntrainedSource(structure("masknet-2", 16)), torch.arange(256).float() / 256, "ab" * 16
    )
    card = small.card.model_copy(update={"masquerade_version": "0", "source_digest": "0" * 64})
    zeros = {name: torch.zeros_like(value) for name, value in small.masknet.weights.items()}
    content = packed({"numbers": small.numbers, **zeros}, "masquerade.masknet", card.model_dump_json())
    assert sha256(content).hexdigest() == "6a70a42727fcb356dbb4c6d5ec219019aec824c07124aa60bf35e5e37f882ad5"


def test_no_flip_of_400_opens_a_masknet(tmp_path: Path) -> None:
    numbers = torch.from_numpy(Key.from_secret(bytes(32)).stream("masknet").normal(256)).float()
    whole = masknet_bytes(MaskNetFile.drawn(UntrainedSource(structure("masknet-2", 48)), numbers))
    path, chance = tmp_path / "me.masknet", random.Random(0)
    path.touch(0o600)
    path.write_bytes(whole)
    assert torch.equal(read_masknet(path).numbers, numbers)
    head = 8 + int.from_bytes(whole[:8], "little")
    bits = [chance.randrange(8 * head) for _ in range(200)] + [
        chance.randrange(8 * head, 8 * len(whole)) for _ in range(200)
    ]
    for bit in bits:
        wrong = bytearray(whole)
        wrong[bit // 8] ^= 1 << bit % 8
        path.write_bytes(wrong)
        with pytest.raises(ModelError):
            read_masknet(path)


def test_every_flip_in_the_head_is_found(tmp_path: Path) -> None:
    whole = packed({"x": torch.ones(3)}, "masquerade.model", TEXT)
    for bit in range(8 * (8 + int.from_bytes(whole[:8], "little"))):
        wrong = bytearray(whole)
        wrong[bit // 8] ^= 1 << bit % 8
        (tmp_path / "f").write_bytes(wrong)
        with pytest.raises(ModelError):
            read_text(tmp_path / "f", "masquerade.model")


def test_format_1_is_read_as_it_was(tmp_path: Path) -> None:
    save_file({"x": torch.ones(3)}, tmp_path / "f", {"masquerade.model": TEXT})
    assert read_text(tmp_path / "f", "masquerade.model") == TEXT
    assert torch.equal(read_tensors(tmp_path / "f", {"x": torch.ones(3)})["x"], torch.ones(3))
    save_file({"x": torch.ones(3)}, tmp_path / "f", {"masquerade.model": TEXT, "sha256": "0" * 64})
    with pytest.raises(ModelError, match="checksum"):
        read_text(tmp_path / "f", "masquerade.model")


def test_a_large_header_is_refused_before_it_is_read(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (tmp_path / "f").open("wb") as file:
        file.write(struct.pack("<Q", 90 << 20) + b'{"__metadata__":{"masquerade.model":"')
        file.truncate(90 << 20)
    with pytest.raises(ModelError):
        read_text(tmp_path / "f", "masquerade.model")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30 << 10
    text = "x" * (1 << 20)
    (tmp_path / "f").write_bytes(packed({}, "masquerade.model", text))
    with pytest.raises(ModelError, match="header is larger"):
        read_text(tmp_path / "f", "masquerade.model")
    (tmp_path / "f").write_bytes(packed({}, "masquerade.gallery", text))
    assert read_text(tmp_path / "f", "masquerade.gallery") == text


@pytest.mark.parametrize("kind", TENSORS)
def test_files_are_known_by_what_is_in_them(kind: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(packed({"x": torch.ones(3)}, kind, TEXT))
    assert kind_of(tmp_path / "f") is TENSORS[kind]


@pytest.mark.parametrize("wanted", ["masquerade.model", "masquerade.masknet", "masquerade.gallery"])
@pytest.mark.parametrize("kind", sorted({*TENSORS, "a key"} - {"masquerade.generator"}))
def test_a_file_of_another_kind_is_named(kind: str, wanted: str, tmp_path: Path) -> None:
    path = tmp_path / "f"
    if kind == wanted:
        return
    if kind == "a key":
        Key.generate().save(path)
        found = Kind.KEY
    else:
        path.write_bytes(packed({}, kind, TEXT))
        found = TENSORS[kind]
    with pytest.raises(ModelError, match=f"f is {found}, not {TENSORS[wanted]}. `masquerade .*` makes one"):
        read_text(path, wanted)


def test_shipped_weights_are_those_that_were_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.glob("*/weights/*.safetensors")}
    assert there == set(SHA256)
    for name in SHA256:
        assert shipped_weights(name) == PACKAGE / name
    page = PACKAGE / "service" / "page" / "networks" / "generator.safetensors"
    assert sha256(page.read_bytes()).hexdigest() == SHA256["masknets/weights/one-pass-1.safetensors"]
    name = "masknets/weights/hypernet-1.safetensors"
    content = bytearray((PACKAGE / name).read_bytes())
    content[-1] ^= 1
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(shipped_module, "PACKAGE", tmp_path)
    shipped_weights.cache_clear()
    with pytest.raises(ModelError, match="a file of the package is damaged"):
        shipped_weights(name)
    with pytest.raises(ModelError, match="damaged"):
        shipped_weights("masknets/weights/felt-1.safetensors")
    monkeypatch.undo()
    shipped_weights.cache_clear()
    assert open_source().name == "hypernet-1"
