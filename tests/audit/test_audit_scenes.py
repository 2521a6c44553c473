"""How real faces are divided and seen: people with few photos as the public ones, and faces from afar."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from masquerade.audit.scenes.scene import Scene, make_scene
from masquerade.audit.studies.study import DataSpec
from masquerade.data import builtin
from masquerade.errors import StudyError


@pytest.fixture(scope="module")
def few_and_many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Faces of ORL in folders: four people with all ten photos, six with three."""
    root = tmp_path_factory.mktemp("faces")
    faces = builtin.orl(32, 32)
    for person in range(10):
        folder = root / f"person {person}"
        folder.mkdir()
        rows = (faces.labels == person).nonzero().flatten()[: 10 if person < 4 else 3]
        for number, row in enumerate(rows.tolist()):
            Image.fromarray(faces.images[row, 0].numpy()).save(folder / f"{number}.png")
    return root


def scene(root: Path, **said: object) -> Scene:
    spec = {"source": "folder", "path": str(root), "height": 32, "width": 32, "mode": "L", **said}
    return make_scene(DataSpec.model_validate(spec), None)


def test_all_people_with_many_photos_are_the_owners_and_those_with_few_public(few_and_many: Path) -> None:
    parts = scene(few_and_many, min_images=10, public_min_images=2, classes=4, outsiders=2)
    assert parts.outsiders is not None
    assert sorted(parts.train.names) == [f"person {number}" for number in range(4)]
    assert len(parts.train) + len(parts.test) == 40
    assert (len(parts.outsiders), len(parts.public)) == (6, 12)
    people = [set(part.names) for part in (parts.train, parts.outsiders, parts.public)]
    assert not (people[0] & people[1] | people[0] & people[2] | people[1] & people[2])


def test_people_with_few_photos_are_never_the_owners(few_and_many: Path) -> None:
    assert len(scene(few_and_many, min_images=10, public_min_images=2).train.names) == 4
    with pytest.raises(StudyError, match="too few people"):
        scene(few_and_many, min_images=10, public_min_images=2, classes=5)
    assert not len(scene(few_and_many, min_images=10, classes=4).public)


def test_faces_from_afar_keep_their_size_and_lose_detail(few_and_many: Path) -> None:
    near, far = (scene(few_and_many, resolution=side).test.images.float() for side in (None, 8))
    assert near.shape == far.shape
    assert not torch.equal(near, far)
    detail = [images.diff(dim=3).square().mean() for images in (near, far)]
    assert detail[1] < 0.5 * detail[0]
    assert (near.mean((1, 2, 3)) - far.mean((1, 2, 3))).abs().max() < 2
