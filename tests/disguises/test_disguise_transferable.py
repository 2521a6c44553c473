"""The cloak for recognisers that it was not made against, and the budget of what may be seen."""

import numpy as np
import pytest
import torch

from cloak_examples import TinyRecogniser
from masquerade.cloaking.methods import LOOKS, SURROGATES, budget_of, cloak_with, face_cloak
from masquerade.cloaking.photo_cloak import Appearance, PhotoCloak
from masquerade.data import builtin
from masquerade.disguises import TransferableCloak
from masquerade.disguises.cloaks.seen_budget import BesideOriginals, SeenBudget, face_oval
from masquerade.disguises.cloaks.transferable import KeyedTransferableCloak
from masquerade.encoders.recogniser import open_recogniser
from masquerade.errors import UsageError
from masquerade.faces.finder import FaceFinder
from masquerade.networks.cloaks.colour_difference import colour_difference, lab_difference
from masquerade.networks.cloaks.views import views
from photo_examples import scene

SHARMA = (
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
    ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)
"""Pairs of colours in CIELAB and their difference, from the table of Sharma, Wu and Dalal 2005."""
SHAPE = (3, 112, 112)


def faces(count: int) -> torch.Tensor:
    """Colour photos of 112 pixels."""
    return builtin.orl(112, 112).images[:count].expand(-1, 3, -1, -1).contiguous()


@pytest.mark.parametrize(("one", "other", "expected"), SHARMA)
def test_colour_differences_are_those_of_the_published_pairs(
    one: tuple[float, ...], other: tuple[float, ...], expected: float
) -> None:
    pair = [torch.tensor([colour], dtype=torch.float64) for colour in (one, other)]
    assert float(lab_difference(*pair)) == pytest.approx(expected, abs=5e-5)
    assert float(lab_difference(*reversed(pair))) == pytest.approx(expected, abs=5e-5)


def test_equal_photos_do_not_differ_and_white_differs_from_black_by_a_hundred() -> None:
    photos = torch.rand(2, 3, 5, 4) * 255
    assert float(colour_difference(photos, photos).max()) == 0
    assert float(
        colour_difference(torch.zeros(1, 3, 1, 1), torch.full((1, 3, 1, 1), 255.0))
    ) == pytest.approx(100, abs=0.01)


@pytest.mark.parametrize("look", LOOKS)
def test_a_cloak_spends_its_budget_and_stays_on_the_face(look: str) -> None:
    budget = budget_of("transferable", look)
    assert budget is not None
    photos = faces(2).float()
    cloak = TransferableCloak((TinyRecogniser(),), budget.similarity, budget.colour, steps=6)
    cloaked = KeyedTransferableCloak(SHAPE, cloak)(photos)
    beside = BesideOriginals(photos)
    assert bool(beside.within(cloaked, budget).all())
    stronger = (photos + 1.1 * (cloaked - photos)).round().clamp(0, 255)
    assert not bool(beside.within(stronger, budget).any())
    outside = face_oval(112, 112) == 0
    assert bool(outside.any())
    assert float((cloaked - photos)[:, :, outside].abs().max()) == 0


def test_it_moves_photos_from_their_own_vectors_more_than_noise_that_is_seen_as_much() -> None:
    recogniser = open_recogniser("sface")
    photos = faces(1).float()
    budget = SeenBudget(0.98, 2.5)
    cloaked = KeyedTransferableCloak(SHAPE, TransferableCloak((recogniser,), steps=8))(photos)
    noise = torch.randn(1, 1, 112, 112, generator=torch.Generator().manual_seed(0)).expand(-1, 3, -1, -1) * 4
    noisy = BesideOriginals(photos).as_much(noise, budget)
    own = recogniser.embed(photos)
    assert float((recogniser.embed(noisy) * own).sum()) > 0.85
    assert float((recogniser.embed(cloaked) * own).sum()) < 0.65


def test_other_photos_of_the_person_change_the_cloak() -> None:
    cloak = TransferableCloak((TinyRecogniser(),), steps=3)
    photos = faces(3)
    alone = KeyedTransferableCloak(SHAPE, cloak)(photos[:1])
    assert torch.equal(KeyedTransferableCloak(SHAPE, cloak)(photos[:1]), alone)
    assert not torch.equal(KeyedTransferableCloak(SHAPE, cloak, photos[1:])(photos[:1]), alone)


def test_views_are_the_same_everywhere_and_gradients_pass_through_them() -> None:
    assert views(4) == views(4)
    assert views(40)[:4] == views(4)
    drawn = views(40)
    assert {view.mirrored for view in drawn} == {True, False}
    assert {view.quality is None for view in drawn} == {True, False}
    assert {view.smaller is None for view in drawn} == {True, False}
    photos = torch.full((1, 3, 24, 20), 90.0, requires_grad=True)
    for view in drawn:
        seen = view(photos)
        assert seen.shape == photos.shape
        (slope,) = torch.autograd.grad(seen.sum(), photos)
        assert float(slope.abs().sum()) > 0


@pytest.mark.parametrize("size", [(90, 45), (600, 300)])
def test_a_face_of_another_size_keeps_to_the_budget_as_it_is_looked_at(size: tuple[int, int]) -> None:
    width, height = size
    picture = scene([(width // 4, height // 8, round(0.7 * height))], size)
    before = np.asarray(picture.convert("RGB"))
    strong = KeyedTransferableCloak(SHAPE, TransferableCloak((TinyRecogniser(),), 0.8, 100.0, steps=4))
    budget = SeenBudget(0.98, 2.5)
    free = PhotoCloak(FaceFinder(), strong, Appearance(min_ssim=0)).on_pixels(before, "photo")
    kept = PhotoCloak(FaceFinder(), strong, Appearance(min_ssim=0, budget=budget)).on_pixels(before, "photo")
    assert free.ssim is not None
    assert kept.ssim is not None
    assert free.ssim < 0.95
    assert kept.ssim >= 0.97  # in whole grey levels, and of colours alone
    assert kept.faces == 1


def test_a_masknet_is_asked_for_where_it_is_needed_and_refused_where_it_is_not() -> None:
    from test_owner_issuing import masknet_file

    with pytest.raises(UsageError, match="needs a MaskNet"):
        cloak_with(None, "one-pass")
    with pytest.raises(UsageError, match="no use for"):
        cloak_with(masknet_file(), "transferable")
    with pytest.raises(UsageError, match="no such look"):
        cloak_with(None, "transferable", "ugly")
    with pytest.raises(UsageError, match="does not have"):
        cloak_with(masknet_file(), "one-pass", "visible")
    with pytest.raises(UsageError, match="no such way"):
        cloak_with(None, "magic")
    with pytest.raises(UsageError, match="no such recogniser"):
        face_cloak(None, "transferable", surrogates=("nobody",))
    assert SURROGATES == ("sface", "dlib-torch")


@pytest.mark.parametrize("bad", [{"similarity": 1.0}, {"colour": 0.0}, {"steps": 0}, {"recognisers": ()}])
def test_parameters_out_of_range_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        TransferableCloak(**({"recognisers": (TinyRecogniser(),)} | bad))  # type: ignore[arg-type]
