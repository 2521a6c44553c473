"""What a listener gets of XNN-d's features, on real faces: a constant hides nothing, noise of each face's own does."""

from functools import cache

import pytest
import torch
from torch import Tensor

from encoder_examples import tiny_encoder
from masquerade.data import builtin
from masquerade.encoders.noise_encoder import NoiseEncoder, NoiseOptions, token_norm
from masquerade.training.xnn_d import Faces
from masquerade.training.xnn_d.listening import ListenerScores, listening


@cache
def faces() -> Faces:
    """Feature maps of 15 people of ORL, ten photos each."""
    grey = builtin.orl(16, 16)
    photos = grey.images[:150].expand(-1, 3, -1, -1)
    return Faces(tiny_encoder()(photos), grey.labels[:150])


class Added(NoiseEncoder):
    """An encoder whose noise is given: one vector a face, in the order of the faces."""

    def __init__(self, noise: Tensor) -> None:
        super().__init__(tiny_encoder().shape, NoiseOptions(amount=8.0, width=16, heads=2))
        self.given = noise
        self.eval()

    def noise(self, seen: Tensor | None) -> Tensor:
        assert seen is not None
        assert len(seen) == len(self.given)
        return self.given


def drawn(rows: int) -> Tensor:
    shape = (rows, *tiny_encoder().shape)
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(0)).expand(150, -1, -1, -1)
    return noise / noise.square().mean((1, 2, 3), keepdim=True).sqrt()


def heard(noise: Tensor) -> ListenerScores:
    found = listening(Added(noise), faces(), held_back=True)
    assert found is not None
    return found


def test_a_constant_noise_leaves_all_to_who_takes_the_mean_off() -> None:
    found = heard(drawn(1))
    assert found.constant == pytest.approx(1)
    assert found.clean > 0.8
    assert found.centred > found.clean - 0.05
    assert found.raw < found.centred - 0.1
    assert found.hides_little


def test_a_noise_of_each_face_hides() -> None:
    found = heard(drawn(150))
    assert found.constant is not None
    assert abs(found.constant) < 0.02
    assert found.chance == pytest.approx(9 / 149)
    assert found.best < found.chance + 0.5 * (found.clean - found.chance)
    assert not found.hides_little


def test_without_noise_it_hides_nothing() -> None:
    plain = NoiseEncoder(tiny_encoder().shape, NoiseOptions(amount=0, width=16, heads=2)).eval()
    found = listening(plain, faces(), held_back=False)
    assert found is not None
    assert found.constant is None
    assert found.best == found.clean
    assert found.hides_little


def test_faces_under_other_names_are_found_by_chance() -> None:
    order = torch.randperm(150, generator=torch.Generator().manual_seed(1))
    found = listening(Added(0 * drawn(1)), Faces(faces().features, faces().labels[order]), held_back=True)
    assert found is not None
    assert found.best < found.chance + 0.06


@pytest.mark.parametrize("labels", [torch.arange(150), torch.zeros(150, dtype=torch.int64)])
def test_nobody_with_two_photos_or_one_person_alone_is_not_measured(labels: Tensor) -> None:
    assert listening(Added(drawn(150)), Faces(faces().features, labels), held_back=True) is None


def test_the_nearest_other_photo_counts_not_the_own() -> None:
    maps = token_norm(faces().features).flatten(1)
    unit = torch.nn.functional.normalize(maps)
    nearest = (unit @ unit.T).fill_diagonal_(-1).argmax(1)
    expected = float((faces().labels[nearest] == faces().labels).float().mean())
    assert heard(0 * drawn(1)).raw == pytest.approx(expected)
