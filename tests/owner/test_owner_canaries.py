"""Nothing of the owner's files leaves but disguised pixels: planted strings are nowhere to be found."""

import os
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from masquerade.keys import Key
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from masquerade.released import ReleasedDataset
from owner_examples import RECIPE, photo
from released_examples import tree

CANARY = "Xanthippe-canary"
PEOPLE = 5
SECRET = bytes(range(100, 132))


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Records]:
    root = tmp_path_factory.mktemp(f"{CANARY}-place")
    for person in range(PEOPLE):
        folder = root / f"{CANARY}-photos" / f"{CANARY}-person-{person}"
        folder.mkdir(parents=True)
        for k in range(4):
            image, path = photo(100 * person + k), folder / f"{CANARY}-file-{k}"
            exif = Image.Exif()
            exif[0x010E] = f"{CANARY}-exif"
            exif[0x9286] = f"{CANARY}-comment"
            if k % 2:
                image.save(path.with_suffix(".jpg"), exif=exif, comment=f"{CANARY}-com", quality=95)
            else:
                text = PngImagePlugin.PngInfo()
                text.add_text("Author", f"{CANARY}-author")
                image.save(path.with_suffix(".png"), pnginfo=text, exif=exif)
    (root / f"{CANARY}-photos" / f"{CANARY}-person-0" / f"{CANARY}-bad.jpg").write_bytes(CANARY.encode())
    photos = root / f"{CANARY}-photos"
    key, records = Key.from_secret(SECRET), Records.beside(root / f"{CANARY}.key")
    disguise_folder(photos, root / "out", key, records, RECIPE, shard_images=6, accept_broken=True)
    return photos, root / "out", records


def spellings(text: str) -> list[bytes]:
    data = text.encode()
    return [data, data.hex().encode(), text.encode("utf-16-le"), data[::-1], data.upper(), data.lower()]


def test_the_canaries_would_be_found(job: tuple[Path, Path, Records]) -> None:
    photos, _, records = job
    kept = b"".join(
        path.read_bytes() for path in [*photos.rglob("*.*"), *records.folder.iterdir()] if path.is_file()
    )
    for end in ("exif", "comment", "com", "author", "person-0", "bad.jpg"):
        assert f"{CANARY}-{end}".encode() in kept, end


def test_no_string_of_the_owners_leaves(job: tuple[Path, Path, Records]) -> None:
    photos, out, _ = job
    for name, data in tree(out).items():
        assert CANARY not in name
        for spelling in (s for text in (CANARY, str(photos), "owner") for s in spellings(text)):
            assert spelling not in data, (name, spelling)


def test_no_byte_of_the_key_leaves(job: tuple[Path, Path, Records]) -> None:
    for data in tree(job[1]).values():
        for start in range(0, 32, 8):
            piece = SECRET[start : start + 8]
            assert piece not in data
            assert piece.hex().encode() not in data


def test_no_time_of_the_owners_leaves(job: tuple[Path, Path, Records]) -> None:
    photos, out, records = job
    os.utime(next(photos.rglob("*.png")), (1_000_000_000, 1_000_000_000))
    before = tree(out)
    disguise_folder(
        photos,
        out,
        Key.from_secret(SECRET),
        records,
        RECIPE,
        shard_images=6,
        overwrite=True,
        accept_broken=True,
    )
    assert tree(out) == before


def test_the_order_is_neither_that_of_names_nor_that_of_times(job: tuple[Path, Path, Records]) -> None:
    _, out, records = job
    names = records.load(ReleasedDataset(out).manifest.dataset_id).people
    order = [names[label] for label in ReleasedDataset(out).labels.tolist()]
    assert order != sorted(order)
    assert all(order != [name for name in some for _ in range(4)] for some in permutations(names))


def test_no_original_is_near_anything_that_is_released(job: tuple[Path, Path, Records]) -> None:
    photos, out, _ = job
    originals = torch.stack(
        [
            torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1).float().flatten()
            for path in sorted(photos.rglob("*.png"))
        ]
    )
    images = ReleasedDataset(out).load_all()[0].flatten(1)
    both = torch.corrcoef(torch.cat([originals, images]))[: len(originals), len(originals) :]
    assert float(both.abs().max()) < 0.3
