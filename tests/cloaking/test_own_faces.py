"""Which faces of a folder are one person's, and a cloak that knows them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cloak_examples import TinyRecogniser
from masquerade.cloaking.own_faces import OwnFaces
from masquerade.cloaking.photo_cloak import Appearance, PhotoCloak
from masquerade.data import builtin
from masquerade.disguises import TransferableCloak
from masquerade.disguises.cloaks.transferable import KeyedTransferableCloak
from masquerade.encoders.recogniser import open_recogniser
from masquerade.faces.finder import FaceFinder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photos of each of two people, and a letter that is no photo."""
    folder = tmp_path_factory.mktemp("photos")
    faces = builtin.orl(224, 224)
    for person in (0, 1):
        for number, row in enumerate((faces.labels == person).nonzero().flatten()[:3].tolist()):
            Image.fromarray(faces.images[row, 0].numpy()).save(folder / f"{person}-{number}.png")
    (folder / "letter.png").write_text("dear")
    return folder


def test_other_photos_of_the_person_are_found_and_no_others(photos: Path) -> None:
    own = OwnFaces(open_recogniser("sface"))
    told: list[tuple[int, int]] = []
    own.survey(photos, FaceFinder(), lambda *step: told.append(step))
    assert told[-1] == (7, 7)
    vectors, everyone = own._vectors, own._faces
    assert len(everyone) == 6
    person = torch.tensor([0, 0, 0, 1, 1, 1])
    assert bool((vectors @ vectors.T)[person[:, None] != person].max() < 0.45)
    found = own.alike(everyone[0])
    assert {tuple(face.flatten().tolist()) for face in found} <= {
        tuple(face.flatten().tolist()) for face in everyone[1:3]
    }
    assert len(found)


def test_a_face_alone_has_no_others(tmp_path: Path, photos: Path) -> None:
    own = OwnFaces(open_recogniser("sface"))
    own.survey(photos / "0-0.png", FaceFinder())
    assert len(own.alike(own._faces[0])) == 0
    assert len(OwnFaces(open_recogniser("sface")).alike(own._faces[0])) == 0


def test_a_photo_is_cloaked_with_what_is_known_of_its_person(photos: Path) -> None:
    own = OwnFaces(open_recogniser("sface"))
    cloak = KeyedTransferableCloak((3, 112, 112), TransferableCloak((TinyRecogniser(),), 0.9, 100.0, steps=3))
    pixels = np.asarray(Image.open(photos / "0-0.png"))[:, :, None]
    alone = PhotoCloak(FaceFinder(), cloak, Appearance(min_ssim=0)).on_pixels(pixels, "photo")
    unknown = PhotoCloak(
        FaceFinder(), cloak, Appearance(min_ssim=0), lambda face: cloak.knowing(own.alike(face))
    ).on_pixels(pixels, "photo")
    assert (unknown.pixels == alone.pixels).all()
    own.survey(photos, FaceFinder())
    known = PhotoCloak(
        FaceFinder(), cloak, Appearance(min_ssim=0), lambda face: cloak.knowing(own.alike(face))
    ).on_pixels(pixels, "photo")
    assert (known.pixels != alone.pixels).any()
