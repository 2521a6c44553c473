"""What makes a cloak the same wherever it is computed: settled squares, squares as they are seen, float64."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from masquerade.faces.alignment import TEMPLATE, Placement, placement, resample, settled
from masquerade.faces.finder import FaceFinder
from masquerade.faces.sampling import sampled
from masquerade.masknets import open_source
from masquerade.masknets.generator_file import open_cloak_generator
from photo_examples import canvas, faces, scene


def turned(scale: float, degrees: float, x: float, y: float) -> Placement:
    angle = np.radians(degrees)
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cosine, -sine, x], [sine, cosine, y]])


def test_last_bits_of_marks_move_no_square() -> None:
    (face,) = FaceFinder()(np.asarray(scene([(40, 20, 90)])))
    random = np.random.default_rng(0)
    for _ in range(100):
        moved = replace(face, marks=face.marks + random.uniform(-3e-5, 3e-5, (5, 2)))
        assert (settled(placement(moved)) == settled(placement(face))).all()


@pytest.mark.parametrize("scale", [0.15, 0.9, 1.0, 3.7, 12.0])
def test_a_settled_square_is_nearby(scale: float) -> None:
    square = turned(scale, 13, 217.3, -31.8)
    corners = np.array([[0, 0, 1], [0, TEMPLATE, 1], [TEMPLATE, 0, 1], [TEMPLATE, TEMPLATE, 1]])
    apart = corners @ (settled(square) - square).T
    assert 0 < np.hypot(*apart.T).max() <= scale
    assert (settled(settled(square)) == settled(square)).all()


@pytest.mark.parametrize(("scale", "degrees"), [(0.4, 0), (1.0, 7), (1.7, -20), (4.2, 0), (6.0, 30)])
def test_a_square_is_seen_as_opencv_sees_it(scale: float, degrees: float) -> None:
    photo = np.asarray(canvas(900, 800))
    square = turned(scale, degrees, 190.25, 110.5)
    found = sampled(photo, square, TEMPLATE).astype(int)
    expected = resample(photo, square, TEMPLATE, TEMPLATE, edge=True).astype(int)
    assert np.abs(found - expected).max() <= 4
    assert np.abs(found - expected).mean() < 0.5


def test_beyond_the_photo_its_edge_goes_on() -> None:
    photo = np.full((30, 40, 1), 7, np.uint8)
    assert (sampled(photo, turned(2.0, 45, -60, 20), 16) == 7).all()


def test_precise_changes_do_not_hang_on_the_last_bit() -> None:
    generator, source = open_cloak_generator("one-pass-1").precise(), open_source("hypernet-1")
    numbers = torch.linspace(-2, 2, 256).flip(0)
    masknet = source.draw(numbers)
    grey = torch.from_numpy(faces()[:1, :, 2:90].copy()).float()[:, None]
    photo = torch.nn.functional.interpolate(grey, (112, 112)).expand(-1, 3, -1, -1).contiguous()
    photo[:, :, :40] = 200  # flat: many places are equally good
    photos = torch.cat([photo, photo.flip(3)])
    alone = generator.perturbation(photos[:1], masknet, numbers, 15.0)
    together = generator.perturbation(photos, masknet, numbers, 15.0)[:1]
    assert alone.dtype == torch.float32
    assert alone.abs().max() > 5
    assert (alone - together).abs().max() < 1e-4
    assert generator.digest == open_cloak_generator("one-pass-1").digest
