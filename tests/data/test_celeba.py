"""What stands beside CelebA's photos, on a small pack of noise."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from test_packs import joined, jpeg

from masquerade.audit.scenes.private_people import private_people
from masquerade.audit.studies.study import DataSpec
from masquerade.data import celeba, packs
from masquerade.errors import StudyError

NUMBERS = np.array([30, 7, 2005, 100], np.int32)
IDENTITY = np.array([0, 3, 1, 0, 2, 1, 3, 0, 2, 1, 3, 2], np.int16)
PARTITION = np.where(IDENTITY == 1, 2, np.where(IDENTITY == 2, 1, 0)).astype(np.int8)
"""The second person is of the official test partition, the third of the validation one."""
ROWS = np.arange(len(IDENTITY))
VALUES = np.stack([ROWS % 2 == 0, ROWS % 3 == 0, IDENTITY == 2], axis=1)
SPEC = DataSpec(source="celeba", height=16, width=16, mode="RGB", private=2, test_share=0.5)


def written(root: Path, **changed: NDArray[np.generic]) -> Path:
    fields = {
        **joined([jpeg(int(row)) for row in ROWS]),
        "identity": IDENTITY,
        "celeba_identity": NUMBERS,
        "partition": PARTITION,
        "filename": np.array([f"{row:06}.jpg" for row in ROWS[::-1]]),
        "attributes": VALUES,
        "attribute_names": np.array(["Even", "Third", "Person"]),
        **changed,
    }
    np.savez(root / "celeba_150ids_112.npz", **fields)  # type: ignore[arg-type]
    return root


def test_attributes_stand_in_the_order_of_the_photos(tmp_path: Path) -> None:
    root = written(tmp_path)
    photos, known = packs.celeba(root, 16, 16, "RGB"), celeba.attributes(root)
    assert known.names == ("Even", "Third", "Person")
    raw = [np.asarray(Image.open(io.BytesIO(jpeg(int(row))))) for row in ROWS]
    whole = torch.from_numpy(np.stack(raw)).permute(0, 3, 1, 2).float()
    rows = torch.cdist(photos.images.float().flatten(1), whole.flatten(1)).argmin(1)
    assert rows.sort().values.tolist() == ROWS.tolist()
    assert rows.tolist() != ROWS.tolist()
    assert torch.equal(known.values, torch.from_numpy(VALUES)[rows])


def test_the_official_test_people_are_held_back_first(tmp_path: Path) -> None:
    root = written(tmp_path)
    assert celeba.held_back(root, 1) == ("celeba_7",)
    assert celeba.held_back(root, 3) == ("celeba_7", "celeba_2005", "celeba_100")
    for count in (0, 5):
        with pytest.raises(StudyError, match="not so many people"):
            celeba.held_back(root, count)


def test_attributes_of_another_shape_are_damage(tmp_path: Path) -> None:
    for wrong in (VALUES[:-1], VALUES.astype(np.int8)):
        with pytest.raises(StudyError, match="attributes of type"):
            celeba.attributes(written(tmp_path, attributes=wrong))
    with pytest.raises(StudyError, match="missing"):
        celeba.attributes(tmp_path / "elsewhere")


def test_private_photos_keep_their_attributes_and_their_people_are_not_public(tmp_path: Path) -> None:
    root = written(tmp_path)
    everybody = packs.celeba(root, 16, 16, "RGB")
    people = private_people(everybody, SPEC, root, 0)
    assert people.test.names == ("celeba_7", "celeba_2005")
    assert set(people.public.names) == {"celeba_30", "celeba_100"}
    every = celeba.attributes(root).values
    both = ((people.test, people.attributes), (people.public, people.public_attributes))
    for photos, known in both:
        assert known is not None
        for image, values in zip(photos.images, known.values, strict=True):
            row = int((everybody.images == image).flatten(1).all(1).nonzero())
            assert torch.equal(values, every[row])
    assert len(people.train) + len(people.test) == 6
