import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from masquerade.data import folders
from masquerade.data.rejection import Rejection
from masquerade.errors import UsageError


def photo(path: Path, value: int = 128) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".bmp": "BMP"}[
        path.suffix.lower()
    ]
    Image.new("L", (6, 8), value).save(path, kind)
    return path


def small_root(root: Path) -> Path:
    for person, value in (("ann", 40), ("bob", 80), ("Zoe", 120)):
        for number in range(3):
            photo(root / person / f"{number}.png", value + number)
    return root


def names(root: Path) -> list[str]:
    return [f"{found.person}/{found.name}" for found in folders.scan(root)]


def test_photos_are_sorted_by_the_bytes_of_their_names(tmp_path: Path) -> None:
    small_root(tmp_path)
    photo(tmp_path / "ann" / "10.png")
    photo(tmp_path / "ann" / "é.png")
    photo(tmp_path / "ann" / "Z.png")
    assert names(tmp_path) == [
        *(f"Zoe/{i}.png" for i in range(3)),
        *("ann/0.png", "ann/1.png", "ann/10.png", "ann/2.png", "ann/Z.png", "ann/é.png"),
        *(f"bob/{i}.png" for i in range(3)),
    ]


def test_every_extension_counts_whatever_its_case(tmp_path: Path) -> None:
    for name in (
        "a.jpg",
        "b.JPG",
        "c.jpeg",
        "d.JPEG",
        "e.png",
        "f.PNG",
        "g.webp",
        "h.WebP",
        "i.bmp",
        "j.BMP",
    ):
        photo(tmp_path / "p" / name)
        photo(tmp_path / "q" / name)
    assert len(folders.scan(tmp_path)) == 20
    images, rejected, _ = folders.load(tmp_path, 4, 4, "L")
    assert len(images) == 20
    assert not rejected


def test_what_does_not_belong_is_told_not_raised(tmp_path: Path) -> None:
    small_root(tmp_path)
    photo(tmp_path / "loose.png")
    photo(tmp_path / "ann" / "deeper" / "x.png")
    (tmp_path / "ann" / "notes.txt").touch()
    (tmp_path / "carol").mkdir()
    (tmp_path / ".hidden").mkdir()
    photo(tmp_path / ".thumbs" / "x.png")
    photo(tmp_path / "ann" / ".x.png")
    survey = folders.survey(tmp_path)
    assert len(survey.photos) == 9
    assert sorted(survey.notices) == [
        "passed over, a folder within a person folder: ann/deeper",
        "passed over, a person without photos: carol",
        "passed over, a photo outside of any person folder: loose.png",
        "passed over, not the extension of a photo (.txt): ann/notes.txt",
    ]


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = photo(tmp_path / "outside" / "x.png")
    root = small_root(tmp_path / "root")
    (root / "ann" / "link.png").symlink_to(outside)
    (root / "dave").symlink_to(outside.parent)
    (root / "bob" / "loop").symlink_to(root)
    survey = folders.survey(root)
    assert len(survey.photos) == 9
    assert survey.notices == ("passed over, links are not followed: ann/link.png, bob/loop, dave",)
    (tmp_path / "linked").symlink_to(root)
    assert len(folders.scan(tmp_path / "linked")) == 9


def test_roots_that_hold_no_people(tmp_path: Path) -> None:
    for root, said in (
        ("absent", "a folder cannot be read"),
        ("empty", "no person folders; at least two people are needed"),
        ("one", r"one person folder \(ann\) and 2 photos outside of any; at least two people are needed"),
    ):
        if root != "absent":
            (tmp_path / root).mkdir()
        if root == "one":
            photo(tmp_path / root / "ann" / "x.png")
            photo(tmp_path / root / "1.png")
            photo(tmp_path / root / "2.png")
        with pytest.raises(UsageError, match=said) as caught:
            folders.scan(tmp_path / root)
        assert "<person>" in str(caught.value)
    assert len(folders.scan(tmp_path / "one", min_people=1)) == 1
    with pytest.raises(UsageError, match="a folder cannot be read"):
        folders.scan(photo(tmp_path / "file.png"))


def test_one_person_in_several_folders_is_reported(tmp_path: Path) -> None:
    for person in (
        "Ann",
        "ANN",
        unicodedata.normalize("NFC", "Zoë"),
        unicodedata.normalize("NFD", "Zoë"),
        "Bob",
    ):
        photo(tmp_path / person / "x.png")
    survey = folders.survey(tmp_path)
    assert len({found.person for found in survey.photos}) == 5
    assert len(survey.notices) == 2
    assert "ANN, Ann" in survey.notices[0]


HOSTILE = [
    b"line\nbreak",
    b"\xff\xfe not utf-8",
    "right\u202eto left".encode(),
    "😀".encode(),
    b"=cmd|' calc'!A0",
    b"..hidden"[2:] + b" ",
    b"\x1b[2J",
    b"x" * 251,
    b'"quote", comma',
    b"%s{0}$HOME`id`",
]


def test_hostile_names_survive(tmp_path: Path) -> None:
    for name in HOSTILE:
        folder = os.fsencode(tmp_path) + b"/" + name
        Path(os.fsdecode(folder)).mkdir()
        for suffix in (b".png", b".jpg"):
            Path(os.fsdecode(folder + b"/" + name[:251] + suffix)).write_bytes(
                photo(tmp_path / "x.png").read_bytes()
            )
    (tmp_path / "x.png").unlink()
    found = folders.scan(tmp_path)
    assert sorted({os.fsencode(one.person) for one in found}) == sorted(HOSTILE)
    images, rejected, _ = folders.load(tmp_path, 8, 6, "L")
    assert len(images) == 2 * len(HOSTILE)
    assert not rejected
    assert [os.fsencode(name) for name in images.names] == sorted(HOSTILE)
    for one in found:
        one.path.write_bytes(b"broken")
        break
    assert all(str(error).isprintable() for error in folders.load(tmp_path, 8, 6, "L")[1])


def test_load_gives_images_and_labels_in_order(tmp_path: Path) -> None:
    images, rejected, _ = folders.load(small_root(tmp_path), 8, 6, "L")
    assert images.images.shape == (9, 1, 8, 6)
    assert images.images.dtype == torch.uint8
    assert images.images[:, 0, 0, 0].tolist() == [120, 121, 122, 40, 41, 42, 80, 81, 82]
    assert images.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert images.names == ("Zoe", "ann", "bob")
    assert rejected == []
    assert folders.load(tmp_path, 8, 6, "RGB")[0].shape == (3, 8, 6)


def test_people_with_few_photos_are_left_out(tmp_path: Path) -> None:
    small_root(tmp_path)
    photo(tmp_path / "ann" / "4.png")
    (tmp_path / "bob" / "4.png").write_bytes(b"broken")
    images, rejected, _ = folders.load(tmp_path, 8, 6, "L", min_images=4)
    assert images.names == ("ann",)
    assert images.labels.tolist() == [0] * 4
    assert len(rejected) == 1
    with pytest.raises(UsageError, match="nobody with at least 9"):
        folders.load(tmp_path, 8, 6, "L", min_images=9)


def test_one_bad_file_in_ten_thousand_is_reported_once(tmp_path: Path) -> None:
    good = photo(tmp_path / "good.bmp").read_bytes()
    for person in range(20):
        folder = tmp_path / "root" / f"{person:02}"
        folder.mkdir(parents=True)
        for number in range(500):
            (folder / f"{number:03}.bmp").write_bytes(good)
    (tmp_path / "root" / "07" / "123.bmp").write_bytes(good[:-1])
    images, rejected, _ = folders.load(tmp_path / "root", 4, 4, "L")
    assert len(images) == 9_999
    assert [(error.rejection, str(error.place)) for error in rejected] == [
        (Rejection.TRUNCATED, str(tmp_path / "root" / "07" / "123.bmp"))
    ]
    assert np.bincount(images.labels).tolist() == [499 if person == 7 else 500 for person in range(20)]
