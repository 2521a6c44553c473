"""Files that are none, or were made to do harm: every reader answers at once, with a named error."""

import errno
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from masquerade.audit.studies.study_file import load_study
from masquerade.cli.app import run
from masquerade.cli.commands.sealed_public import contents as sealed_contents
from masquerade.crafting.generator_file import read_face_generator
from masquerade.crafting.split_file import read_split
from masquerade.crafting.task.answers_file import read_answers
from masquerade.crafting.task.bank_file import read_bank
from masquerade.data.attribute_table import read_attribute_table
from masquerade.data.npz import Npz
from masquerade.encoders.file import read_encoder
from masquerade.encoders.generator_file import read_generator_card
from masquerade.encoders.recogniser_file import read_recogniser
from masquerade.errors import CorruptKey, ExposedKey, KeyFileError, MasqueradeError, ModelError, UsageError
from masquerade.files import durable, permissions
from masquerade.files.durable import sync_folder, write_durably
from masquerade.keys import Key, describe
from masquerade.keys.passphrase import CHEAPEST
from masquerade.masknets import MaskNetFile, UntrainedSource, open_source, read_masknet, write_masknet
from masquerade.networks.cloaks.masknet import structure
from masquerade.owner.at_home.model_file import read_home
from masquerade.owner.key_backup import restore
from masquerade.owner.records import DatasetRecord, Records
from masquerade.owner.sealed.owned import OwnedGallery, Pointer
from masquerade.released import verify
from masquerade.released.feature_file import Features
from masquerade.released.manifest import Manifest
from masquerade.released.shard import Layout
from masquerade.released.shard_file import ShardFile
from masquerade.sealed.cards import PROBE, ProbeCard
from masquerade.sealed.envelope import opened
from masquerade.sealed.manifest import SealedManifest
from masquerade.sealed.verify import verify as sealed_verify
from masquerade.service.masknets.register import Register
from masquerade.service.person.client_state import opened as opened_account
from masquerade.training import load_model
from masquerade.training.checkpoint import read_progress

LAYOUT = Layout("0" * 32, 0, 1, (1, 1, 1), "float32")


def manifest(path: Path) -> object:
    (path.parent / "released").mkdir()
    (path.parent / "released" / "manifest.json").symlink_to(path)
    assert verify(path.parent / "released")
    return Manifest.load(path.parent / "released")


def record(path: Path) -> object:
    (path.parent / "o.records").mkdir()
    (path.parent / "o.records" / f"{0:032x}.json").symlink_to(path)
    return Records(path.parent / "o.records").load("0" * 32)


def sealed_manifest(path: Path) -> object:
    (path.parent / "public").mkdir()
    (path.parent / "public" / "manifest.json").symlink_to(path)
    assert sealed_verify(path.parent / "public")
    return SealedManifest.load(path.parent / "public")


def sealed_pointer(path: Path) -> object:
    (path.parent / "gallery").mkdir()
    (path.parent / "gallery" / "gallery.json").symlink_to(path)
    return Pointer.read(path.parent / "gallery")


def sealed_record(path: Path) -> object:
    (path.parent / "gallery").mkdir()
    (path.parent / "gallery" / "gallery.json").write_bytes(Pointer("0" * 32, path).to_bytes())
    (path.parent / "o.records").mkdir()
    (path.parent / "o.records" / f"{0:032x}.sealed").symlink_to(path)
    return OwnedGallery.open(path.parent / "gallery", Key.generate(), Records(path.parent / "o.records"))


READERS: dict[str, Callable[[Path], object]] = {
    "key": Key.load,
    "key's facts": describe,
    "backup": lambda path: restore(path, "phrase", path.with_name("new.key")),
    "MaskNet": read_masknet,
    "source": open_source,
    "register": Register.read,
    "account": opened_account,
    "record": record,
    "model": load_model,
    "checkpoint": lambda path: read_progress(path, {}),
    "encoder": read_encoder,
    "recogniser": read_recogniser,
    "home recogniser": read_home,
    "client's generator": read_generator_card,
    "face generator": read_face_generator,
    "split network": read_split,
    "statistics of answers": read_answers,
    "bank of features": read_bank,
    "features": Features.read,
    "manifest": manifest,
    "shard": lambda path: ShardFile(path, LAYOUT),
    "sealed manifest": sealed_manifest,
    "sealed gallery": sealed_pointer,
    "sealed record": sealed_record,
    "sealed probe": lambda path: opened(sealed_contents(path, "probe"), PROBE, ProbeCard, path),
    "study": load_study,
    "attributes": read_attribute_table,
    "arrays": lambda path: Npz(path)["x"],
}


def npz_of_depth(path: Path) -> None:
    np.savez(path.with_suffix(".npz"), x=np.zeros(3))
    data = path.with_suffix(".npz").read_bytes()
    path.write_bytes(data.replace(b"'shape': (3,), }", b"'shape': ((((((((, }"[:16]))


HOSTILE: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "pipe": lambda path: os.mkfifo(path, 0o600),
    "loop": lambda path: path.symlink_to(path.name),
    "link to nothing": lambda path: path.symlink_to("nothing"),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "empty": Path.touch,
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe\xe9" * 50),
    "byte-order mark": lambda path: path.write_bytes(b"\xef\xbb\xbf"),
    "deep JSON": lambda path: path.write_bytes(b"[" * 100_000 + b"]" * 100_000),
    "deep object": lambda path: path.write_bytes(b'{"version":' * 50_000 + b"1" + b"}" * 50_000),
    "huge header": lambda path: path.write_bytes(struct.pack("<Q", 1 << 60) + b'{"__metadata__":{}}'),
    "deep header": lambda path: path.write_bytes(struct.pack("<Q", 200_000) + b"[" * 200_000),
    "nulls": lambda path: path.write_bytes(bytes(10_000)),
    "npz": npz_of_depth,
}
HARMLESS = {(reader, kind) for reader in ("checkpoint", "register") for kind in ("link to nothing", "loop")}
"""Where nothing there means a fresh start."""


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("reader", READERS)
def test_every_reader_names_what_it_cannot_read(reader: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    HOSTILE[kind](path)
    if path.is_file():
        path.chmod(0o600)
    if (reader, kind) in HARMLESS:
        return
    with pytest.raises(MasqueradeError):
        READERS[reader](path)


@pytest.mark.parametrize(
    "words",
    [
        "verify {}",
        "train {} -o model",
        "predict {} photos -k owner.key",
        "cloak photos -o out --method one-pass -m {}",
        "audit {} -o out",
        "key show {}",
        "key restore {} -o new.key",
        "mask forget {}",
        "mask join http://127.0.0.1:1 --code-file {} -o me.masknet",
        "identify {} {} --gallery {}",
        "sealed match {} {} -o answer",
        "sealed open {} {}",
        "sealed enrol {} photos",
        "obfuscate photos -g {} -o out",
        "psp issue -k owner.key -o me.masknet --issued {}",
        "psp restore {} -k owner.key --database sqlite:///new.db",
    ],
)
def test_no_command_waits_for_a_pipe(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Key.generate().save("owner.key")
    (tmp_path / "photos").mkdir()
    os.mkfifo("pipe", 0o600)
    assert run(words.format(*["pipe"] * 3).split()) in (1, 2, 4)
    said = capsys.readouterr()
    assert "fault of masquerade" not in said.err
    assert "pipe" in said.err + said.out


def test_a_record_nested_deep_is_damaged() -> None:
    with pytest.raises(UsageError, match="damaged"):
        DatasetRecord.from_bytes(b'{"a":' * 100_000, "place")


@pytest.mark.parametrize("kind", ["key", "MaskNet"])
def test_where_permissions_cannot_be_kept_it_is_said_and_there_is_a_way(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    file = MaskNetFile.drawn(UntrainedSource(structure("masknet-2", 16)), torch.zeros(256))

    def write() -> None:
        Key.generate().save(path) if kind == "key" else write_masknet(path, file)

    read = Key.load if kind == "key" else read_masknet
    no_permissions(monkeypatch)
    with pytest.raises(
        MasqueradeError, match=r"keeps no permissions.*0777.*umask=077.*MASQUERADE_EXPOSED_OK=1"
    ):
        write()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("MASQUERADE_EXPOSED_OK", "1")
    write()
    read(path)
    monkeypatch.delenv("MASQUERADE_EXPOSED_OK")
    with pytest.raises(MasqueradeError, match="keeps no permissions") as refused:
        read(path)
    assert "chmod" not in str(refused.value)


def test_a_locked_key_may_lie_where_permissions_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_permissions(monkeypatch)
    path, key = tmp_path / "stick.key", Key.generate()
    key.save(path, "phrase", cost=CHEAPEST)
    assert Key.load(path, "phrase") == key
    monkeypatch.setenv("MASQUERADE_EXPOSED_OK", "1")
    key.save(path, overwrite=True)
    monkeypatch.delenv("MASQUERADE_EXPOSED_OK")
    with pytest.raises(ExposedKey, match="masquerade key passphrase"):
        Key.load(path)
    monkeypatch.setenv("MASQUERADE_NEW_PASSPHRASE", "phrase")
    assert run(["key", "passphrase", str(path)]) == 0
    assert Key.load(path, "phrase") == key


def no_permissions(monkeypatch: pytest.MonkeyPatch) -> None:
    """As exFAT does it: every file shows 0777, and changing that does nothing, or is refused."""
    real = os.fstat

    class Open:
        def __init__(self, about: os.stat_result) -> None:
            self.about = about
            self.st_mode = about.st_mode | 0o777

        def __getattr__(self, name: str) -> object:
            return getattr(self.about, name)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    stat = Path.stat
    monkeypatch.setattr(os, "fstat", lambda handle: Open(real(handle)))
    monkeypatch.setattr(Path, "stat", lambda path, **options: Open(stat(path, **options)))
    monkeypatch.setattr(durable.os, "fchmod", refuse)
    assert not permissions.keeps_permissions(Path("/tmp"))  # noqa: S108


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_names_are_taken_without_hard_links_too(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "owner.key"
    Key.generate().save(path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        Key.generate().save(path)
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["owner.key"]
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(KeyFileError):
        Key.generate().save(tmp_path / "other.key")
    assert [each.name for each in tmp_path.iterdir()] == ["owner.key"]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EIO])
def test_folders_that_cannot_be_synced_are_no_failure_and_those_that_fail_are(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):  # noqa: PTH112
            raise OSError(code, os.strerror(code))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    if code == errno.EIO:
        with pytest.raises(MasqueradeError, match="cannot write"):
            sync_folder(tmp_path)
        return
    Key.generate().save(tmp_path / "owner.key")
    write_durably(tmp_path / "other", [b"content"])
    sync_folder(tmp_path)


def test_a_draft_follows_no_link_and_is_cleared_only_when_nobody_writes_it(tmp_path: Path) -> None:
    victim, out = tmp_path / "victim", tmp_path / "out"
    victim.write_text("mine")
    out.mkdir()
    (out / ".file.tmp").symlink_to(victim)
    (out / "file").symlink_to(victim)
    write_durably(out / "file", [b"new"])
    assert victim.read_text() == "mine"
    assert not (out / "file").is_symlink()
    left = out / ".masquerade-0123456789abcdef.tmp"
    left.write_text("half")

    def parts():  # noqa: ANN202
        durable.clear_drafts(out)
        assert len([path for path in out.iterdir() if durable.is_draft(path)]) == 1
        yield b"whole"

    write_durably(out / "file", parts())
    assert (out / "file").read_bytes() == b"whole"
    assert sorted(path.name for path in out.iterdir()) == [".file.tmp", "file"]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data + b"\n\n",
        lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n") + b"\r\n",
    ],
)
def test_a_key_that_went_through_an_editor_or_mail_is_read(
    change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path, key = tmp_path / "owner.key", Key.generate()
    key.save(path)
    path.write_bytes(change(path.read_bytes()))
    assert Key.load(path) == key


def test_a_damaged_key_says_which_it_was(tmp_path: Path) -> None:
    path, key = tmp_path / "owner.key", Key.generate()
    key.save(path)
    data = path.read_bytes()
    for wrong in (data[:-10], data.replace(b"\n", b"\r\n", 2), data.replace(b"secret: ", b"secret : ")):
        path.write_bytes(wrong)
        with pytest.raises(CorruptKey):
            Key.load(path)
    with pytest.raises(CorruptKey, match=f"it names the key {key.fingerprint}"):
        Key.load(path)


def test_a_file_of_another_kind_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "me.masknet"
    write_masknet(path, MaskNetFile.drawn(UntrainedSource(structure("masknet-2", 16)), torch.zeros(256)))
    path.chmod(0o644)
    with pytest.raises(
        CorruptKey, match=r"me.masknet is a MaskNet, not a key. `masquerade key new` makes one"
    ):
        Key.load(path)
    with pytest.raises(ModelError, match="0644"):
        read_masknet(path)
