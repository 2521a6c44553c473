"""Every command that takes a folder of photos reads the same files of it, and tells the same of the others."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_owner_recognising import model

from encoder_examples import tiny_encoder
from heic_examples import heic
from masquerade.cli.app import run
from masquerade.data import folders, intake
from masquerade.data.photo_tree import photo_tree
from masquerade.encoders import encoder_bytes
from masquerade.encoders.generator import FeatureGenerator
from masquerade.encoders.generator_file import generator_bytes
from masquerade.encoders.noise_encoder import NoiseEncoder, NoiseOptions
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from masquerade.recipes import recipe
from masquerade.released import ReleasedDataset
from masquerade.training.encoders.pretrain import training_card
from masquerade.training.encoders.settings import SIZES

AVIF = b"\0\0\0\x18ftypavif" + bytes(99)
ENDINGS = ("png", "JPG", "heic", "HIF")
READ = {f"{person}/{n:02}.{ENDINGS[n % 4]}" for person in ("ann", "bob") for n in range(32)}
UNREAD = {"ann/IMG_1.AVIF", "bob/moving.gif"}
COMMANDS = {
    "disguise": "disguise {photos} -o out --key owner.key --accept-broken",
    "craft": "craft {photos} -o out --key owner.key --accept-broken --amortised",
    "identify": "identify model {photos} --key owner.key",
    "embed": "embed model {photos} --key owner.key",
    "enrol": "enrol model {photos} --key owner.key -o out",
    "cloak": "cloak {photos} -o out --masknet me.masknet --method one-pass --on-no-face copy",
    "pretrain": "pretrain {photos} -o out --epochs 1",
    "generator": "generator train {photos} -o out --size 16 --width 1 --latents 2 --steps 1 --batch 2",
    "encoder": "encoder train {photos} --attributes table.csv -o out --size 16 --width 1 --epochs 1",
    "encoder answers": "encoder answers {photos} -o out",
    "encoder bank": "encoder bank {photos} -o out",
    "distil": "distil {photos} -o out --encoder tiny --epochs 1 --adversarial-steps 1",
    "obfuscate": "obfuscate {photos} -g generator -o out --encoder tiny",
    "obfuscate --gallery": "obfuscate {photos} -g generator -o out --encoder tiny --gallery",
    "recogniser fit": "recogniser fit {photos} -o out --network tiny --faces as-is",
    "psp train": "psp train {photos} -o out --size 32 --epochs 3",
}


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of two people among all that folders hold besides; larger pictures would be looked at for faces."""
    root, elsewhere = tmp_path_factory.mktemp("messy"), tmp_path_factory.mktemp("elsewhere")
    draw = np.random.default_rng(0)
    hidden = {"ann/.trash.png", "ann/.thumbnails/t.png", "bob/@eaDir/01.png/SYNO.png", ".Trash-1000/x/y.png"}
    for name in sorted(READ | hidden):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        low = 128 * name.startswith("ann")
        picture = Image.fromarray(draw.integers(low, low + 128, (16, 16, 3), dtype=np.uint8))
        if name.lower().endswith(("heic", "hif")):
            (root / name).write_bytes(heic(picture))
        else:
            picture.save(root / name, "PNG")
    picture.save(elsewhere / "strange.png")
    (root / "ann" / "link.png").symlink_to(elsewhere / "strange.png")
    (root / "linked").symlink_to(elsewhere)
    (root / "bob" / "loop").symlink_to(root)
    for name in ("Thumbs.db", "ann/.DS_Store", "ann/._01.JPG", "bob/desktop.ini", "bob/notes.txt"):
        (root / name).write_bytes(b"\0\5\x16\7" + bytes(99))
    for name in UNREAD:
        (root / name).write_bytes(AVIF if name.endswith("AVIF") else b"GIF89a" + bytes(99))
    return root


@pytest.fixture(scope="module")
def room(messy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with whatever the commands need besides photos."""
    room = tmp_path_factory.mktemp("room")
    key = Key.generate()
    key.save(room / "owner.key")
    records = Records.beside(room / "owner.key")
    disguise_folder(messy, room / "released", key, records, recipe("dn-lfw"), accept_broken=True)
    model(ReleasedDataset(room / "released"), room / "model", classes=2)
    assert run(["masknet", "new", "--key", str(room / "owner.key"), "-o", str(room / "me.masknet")]) == 0
    tiny = tiny_encoder()
    card = training_card("tiny", tiny.network, SIZES["small"], 0, 1)
    (room / "tiny").write_bytes(encoder_bytes(tiny.network, card))
    noise = NoiseEncoder(tiny.shape, NoiseOptions(width=16, heads=2), tiny.image_shape)
    (room / "generator").write_bytes(generator_bytes(FeatureGenerator(tiny, noise)))
    lines = [f"{name},{number % 2}" for number, name in enumerate(sorted(READ | UNREAD))]
    (room / "table.csv").write_text("\n".join(["file,Smiling", *lines]) + "\n")
    return room


@pytest.fixture
def opened(messy: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of the photos that were opened."""
    names: set[str] = set()
    before = intake._bytes

    def spy(path: Path) -> bytes:
        names.add(os.path.relpath(path, messy))
        return before(path)

    monkeypatch.setattr(intake, "_bytes", spy)
    return names


@pytest.mark.parametrize("command", COMMANDS)
def test_the_same_photos_are_read_and_the_others_told(
    command: str,
    messy: Path,
    room: Path,
    opened: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for file in room.iterdir():
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.chdir(tmp_path)
    code = run(COMMANDS[command].format(photos=messy).split())
    said = capsys.readouterr().err
    assert opened == READ | UNREAD, said
    assert code == 2, said
    for name in (*UNREAD, "notes.txt", "link.png", "loop"):
        assert Path(name).name in said
    assert "links are not followed" in said
    for name in ("Thumbs.db", "desktop.ini", "._01", ".DS_Store"):
        assert name not in said


def test_studies_of_a_folder_read_the_same(messy: Path, opened: set[str]) -> None:
    found = folders.load(messy, 16, 16, "RGB")
    assert opened == READ | UNREAD
    assert len(found.images) == len(READ)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_cannot_be_read_is_an_error_that_names_it(
    command: str,
    messy: Path,
    room: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scan = os.scandir

    def refusing(path: str) -> object:
        if os.fspath(path).endswith("bob"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    for file in room.iterdir():
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "scandir", refusing)
    assert run(COMMANDS[command].format(photos=messy).split()) == 1
    assert "Permission denied" in (said := capsys.readouterr().err)
    assert f"{messy / 'bob'}" in said


def test_a_file_that_is_named_is_read_whatever_its_name(tmp_path: Path) -> None:
    for name in ("x.unknown", ".hidden.png"):
        (tmp_path / name).touch()
        assert photo_tree(tmp_path / name).paths() == [tmp_path / name]


def test_what_was_passed_over_is_told_where_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "holiday.mov").touch()
    with pytest.raises(UsageError, match=r"no photos found: passed over, .*holiday\.mov"):
        photo_tree(tmp_path)
