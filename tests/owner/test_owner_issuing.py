"""MaskNets that are issued: drawn by the key, apart from each other, and on record."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest
import torch

from masquerade.errors import JobBusy, ModelError, UsageError, WriteFailed
from masquerade.files.tensors import packed, read_text
from masquerade.keys import Key
from masquerade.masknets import HyperNetSource, MaskNetFile, StaticSource, UntrainedSource, read_masknet
from masquerade.networks.cloaks.hypernet import HyperNet, HyperNetOptions
from masquerade.networks.cloaks.masknet import structure
from masquerade.service.masknets import local as issuing
from masquerade.service.masknets.local import LocalIssue, issue, purpose
from masquerade.service.masknets.masknet_distance import BYTES, distances, sketch
from masquerade.service.masknets.register import KIND, NAME, Entry, Register, locked

SIZES = structure("masknet-2", 48)
SOURCE = UntrainedSource(SIZES)
KEYS = [Key.from_secret(bytes([n] * 32)) for n in range(1, 4)]


def masknet_file(key: Key = KEYS[0]) -> MaskNetFile:
    numbers = torch.from_numpy(key.stream("masknet").normal(256)).float()
    return MaskNetFile.drawn(SOURCE, numbers, key.fingerprint)


def given(
    folder: Path, key: Key, name: str = "a.masknet", source: object = SOURCE, **options: object
) -> LocalIssue:
    return issue(source, key, folder / name, folder / NAME, **options)  # type: ignore[arg-type]


def rows(*sketches: bytes) -> np.ndarray:
    return np.stack([np.frombuffer(each, np.uint8) for each in sketches])


def test_a_masknet_is_the_one_that_the_key_draws(tmp_path: Path) -> None:
    issued = given(tmp_path, KEYS[0])
    file = read_masknet(tmp_path / "a.masknet")
    expected = torch.from_numpy(KEYS[0].stream("masknet").normal(256)).float()
    assert torch.equal(file.numbers, expected)
    assert torch.equal(file.masknet.fc, SOURCE.draw(expected).fc)
    assert file.card.key_fingerprint == issued.fingerprint == KEYS[0].fingerprint
    assert (issued.draw, issued.nearest, issued.others) == (1, None, 0)
    assert stat.S_IMODE((tmp_path / "a.masknet").stat().st_mode) == 0o600


def test_distance_is_none_to_itself_and_half_to_strangers_and_grows_with_what_lies_between() -> None:
    torch.manual_seed(0)
    source = HyperNetSource("h", HyperNet(HyperNetOptions(structure="masknet-2", size=48, mixer=32)))
    one, other = torch.randn(2, 256)
    first = sketch(source.draw(one))
    near = [sketch(source.draw((1 - a * a) ** 0.5 * one + a * other)) for a in (0, 0.1, 0.4, 1)]
    found = distances(first, rows(*near))
    assert found[0] == 0
    assert (np.diff(found) > 0.02).all()
    strangers = [sketch(SOURCE.draw(torch.randn(256))) for _ in range(3)]
    assert np.abs(distances(first, rows(*strangers)) - 0.5).max() < 0.05
    assert len(first) == BYTES


def test_a_sketch_is_the_same_each_time_and_needs_no_size_in_particular() -> None:
    net = SOURCE.draw(torch.zeros(256) + 0.1)
    assert sketch(net) == sketch(net)
    large = UntrainedSource(structure("masknet-1", 112)).draw(torch.ones(256))
    assert len(sketch(large)) == BYTES


class Alike:
    """Keys whose first draws are one and the same: what a provider must not hand out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, same: int) -> None:
        self.asked: list[str] = []
        real = Key.stream

        def stream(key: Key, name: str) -> object:
            self.asked.append(name)
            number = 0 if name == "masknet" else int(name.split("/")[1])
            return real(KEYS[2] if number < same else key, name if number >= same else "masknet")

        monkeypatch.setattr(Key, "stream", stream)


def test_a_masknet_like_one_that_was_issued_is_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(tmp_path, KEYS[2])
    alike = Alike(monkeypatch, same=3)
    issued = given(tmp_path, KEYS[0], "b.masknet")
    monkeypatch.undo()
    assert issued.draw == 4
    assert issued.nearest is not None
    assert issued.nearest > 0.4
    assert purpose(4) == "masknet/3"
    assert alike.asked[:4] == ["masknet", "masknet/1", "masknet/2", "masknet/3"]
    card = read_masknet(tmp_path / "b.masknet").card
    assert (card.draw, card.nearest) == (4, issued.nearest)


def test_when_no_draw_is_far_enough_nothing_is_issued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuing, "DRAWS", 3)
    static = StaticSource("one-for-all", SOURCE.draw(torch.ones(256)))
    given(tmp_path, KEYS[0], source=static)
    with pytest.raises(UsageError, match="none of 3 draws"):
        given(tmp_path, KEYS[1], "b.masknet", source=static)
    assert not (tmp_path / "b.masknet").exists()
    assert len(Register.read(tmp_path / NAME).entries) == 1
    assert given(tmp_path, KEYS[1], "b.masknet", source=static, min_distance=0).nearest == 0


def test_a_key_gets_the_same_one_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(tmp_path, KEYS[2])
    Alike(monkeypatch, same=1)
    first = given(tmp_path, KEYS[0], "b.masknet")
    assert first.draw == 2
    again = given(tmp_path, KEYS[0], "c.masknet")
    assert (again.draw, again.nearest) == (2, first.nearest)
    assert (tmp_path / "b.masknet").read_bytes() == (tmp_path / "c.masknet").read_bytes()
    assert len(Register.read(tmp_path / NAME).entries) == 2


def test_the_register_holds_no_number_of_anybody(tmp_path: Path) -> None:
    given(tmp_path, KEYS[0])
    data, file = (tmp_path / NAME).read_bytes(), read_masknet(tmp_path / "a.masknet")
    for secret in (file.numbers, *file.masknet.weights.values()):
        raw = secret.numpy().tobytes()
        assert not any(raw[at : at + 8] in data for at in range(0, min(len(raw), 4000), 8))
    assert KEYS[0].fingerprint.encode() in data
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert len(data) < BYTES + 1000


def test_a_file_that_is_there_is_kept_unless_asked(tmp_path: Path) -> None:
    given(tmp_path, KEYS[0])
    with pytest.raises(UsageError, match="exists already"):
        given(tmp_path, KEYS[1])
    assert len(Register.read(tmp_path / NAME).entries) == 1
    with pytest.raises(UsageError, match="of another key"):
        given(tmp_path, KEYS[1], overwrite=True)
    assert len(Register.read(tmp_path / NAME).entries) == 1
    before = (tmp_path / "a.masknet").read_bytes()
    given(tmp_path, KEYS[0], overwrite=True)
    assert (tmp_path / "a.masknet").read_bytes() == before


@pytest.mark.parametrize("step", ["write", "link"])
def test_a_masknet_that_cannot_be_written_is_not_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(WriteFailed, match="No space"):
        given(tmp_path, KEYS[0])
    monkeypatch.undo()
    assert step == "link" or not (tmp_path / NAME).exists()
    assert not (tmp_path / "a.masknet").exists()
    assert given(tmp_path, KEYS[0]).draw == 1
    assert len(Register.read(tmp_path / NAME).entries) == 1


def test_a_register_is_a_file_or_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "provider").mkdir()
    issue(SOURCE, KEYS[0], tmp_path / "a", tmp_path / "provider")
    issue(SOURCE, KEYS[1], tmp_path / "b", tmp_path / "provider" / NAME)
    assert len(Register.read(tmp_path / "provider" / NAME).entries) == 2
    issue(SOURCE, KEYS[1], tmp_path / "c", tmp_path / "another")
    assert len(Register.read(tmp_path / "another").entries) == 1


@pytest.mark.parametrize("damage", ["cut", "foreign", "masknet"])
def test_a_damaged_register_is_refused_before_anything_is_issued(tmp_path: Path, damage: str) -> None:
    given(tmp_path, KEYS[0])
    path, data = tmp_path / NAME, (tmp_path / NAME).read_bytes()
    other = (tmp_path / "a.masknet").read_bytes()
    path.write_bytes({"cut": data[:-5], "foreign": b"{}" * 50, "masknet": other}[damage])
    with pytest.raises(ModelError):
        given(tmp_path, KEYS[1], "b.masknet")
    assert not (tmp_path / "b.masknet").exists()


def test_a_register_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    given(tmp_path, KEYS[0])
    newer = read_text(tmp_path / NAME, KIND).replace('"version":1', '"version":2')
    (tmp_path / NAME).write_bytes(packed({"sketches": torch.zeros(1, BYTES, dtype=torch.uint8)}, KIND, newer))
    with pytest.raises(ModelError, match="newer or unknown version"):
        Register.read(tmp_path / NAME)


def test_two_do_not_issue_at_once(tmp_path: Path) -> None:
    with locked(tmp_path / NAME), pytest.raises(JobBusy):
        given(tmp_path, KEYS[0])
    with locked(tmp_path / NAME):
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteFailed):
        issue(SOURCE, KEYS[0], tmp_path / "a", tmp_path / "file" / NAME)


@pytest.mark.parametrize("distance", [-0.1, 0.6])
def test_no_such_distance(tmp_path: Path, distance: float) -> None:
    with pytest.raises(UsageError, match="no such distance"):
        given(tmp_path, KEYS[0], min_distance=distance)


def test_a_register_knows_its_entries() -> None:
    entry = Entry(key="0" * 32, source="1" * 16, draw=1)
    register = Register.read(Path("nowhere")).with_entry(entry, bytes(BYTES))
    assert register.find("0" * 32, "1" * 16) == entry
    assert register.find("0" * 32, "2" * 16) is None
    assert len(register.others("0" * 32)) == 0
    assert len(register.others("1" * 32)) == 1
