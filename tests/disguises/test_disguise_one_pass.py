"""The one-pass cloak and the felt cloak: bounds, whole levels, one photo at a time, other keys, other photos."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from cloak_examples import smooth_photos, tiny_generator
from masquerade.disguises import Disguise, FeltCloak, OnePassCloak
from masquerade.disguises.cloaks.ssim_floor import similar_enough
from masquerade.encoders.recogniser import Recogniser
from masquerade.errors import MasqueradeError, UsageError
from masquerade.keys import Key
from masquerade.masknets.generator import TrainedGenerator
from masquerade.masknets.untrained import UntrainedSource
from masquerade.networks.cloaks.cloak_generator import CloakGenerator, CloakGeneratorOptions
from masquerade.networks.cloaks.masknet import structure
from masquerade.networks.cloaks.ssim import structural_similarity
from masquerade.training.hyperobf.one_pass import moved

SIDE = 32
SHAPE = (3, SIDE, SIDE)
SOURCE = UntrainedSource(structure("masknet-1", SIDE))
KEY = Key.from_secret(bytes(range(32)))
OTHER_KEY = Key.from_secret(bytes(range(1, 33)))


class Edges(Recogniser):
    """Differences of neighbours, pooled: stands in for a recogniser."""

    def __init__(self, name: str = "edges", *, step: int = 1, differentiable: bool = True) -> None:
        super().__init__(name, SIDE, 48, f"{step:064x}", differentiable=differentiable)
        self.step = step

    def vectors(self, images: Tensor) -> Tensor:
        differences = (images - images.roll(self.step, 3)).abs() + 1
        means = functional.avg_pool2d(differences, SIDE // 4).flatten(1)
        return means - means.mean(1, keepdim=True)


def one_pass(**options: object) -> OnePassCloak:
    return OnePassCloak(**{"generator": tiny_generator(), "source": SOURCE} | options)


def felt(**options: object) -> FeltCloak:
    plain = {"source": SOURCE, "recognisers": (Edges(), Edges("far", step=2)), "steps": 6, "similarity": 0.5}
    return FeltCloak(**plain | options)


CLOAKS: tuple[Disguise, ...] = (one_pass(), one_pass(bound=4.5), one_pass(similarity=0.97), felt())
every = pytest.mark.parametrize("cloak", CLOAKS, ids=lambda cloak: type(cloak).__name__)


def faces(n: int = 6, side: int = SIDE, seed: int = 3) -> Tensor:
    return smooth_photos(n, side, seed)


def cloaked(cloak: Disguise, photos: Tensor, key: Key = KEY) -> Tensor:
    return cloak.with_key(key, tuple(photos.shape[1:]))(photos)  # type: ignore[arg-type]


@every
def test_whole_levels_within_the_bound(cloak: Disguise) -> None:
    photos = faces()
    photos[0], photos[1] = 0, 255
    found = cloaked(cloak, photos)
    assert torch.equal(found, found.round())
    assert found.min() >= 0
    assert found.max() <= 255
    assert 1 <= (found - photos).abs().max() <= cloak.bound  # type: ignore[attr-defined]


@every
def test_photos_between_whole_levels_keep_to_the_bound_too(cloak: Disguise) -> None:
    photos = faces().float() + 0.4
    found = cloaked(cloak, photos)
    assert torch.equal(found, found.round())
    assert (found - photos.clamp(0, 255)).abs().max() <= cloak.bound  # type: ignore[attr-defined]


@every
def test_a_photo_has_the_same_bits_in_any_batch(cloak: Disguise) -> None:
    keyed = cloak.with_key(KEY, SHAPE)
    photos = faces()
    whole = keyed(photos)
    assert torch.equal(keyed(photos[4:5]), whole[4:5])
    assert torch.equal(keyed(photos.flip(0)).flip(0), whole)
    assert torch.equal(cloaked(cloak, photos), whole)


@every
def test_another_key_gives_another_cloak_and_another_photo_another_perturbation(cloak: Disguise) -> None:
    photos = faces()
    mine, theirs = (cloaked(cloak, photos, key) - photos for key in (KEY, OTHER_KEY))
    by_photo = functional.normalize(mine.flatten(1))
    over_keys = (by_photo * functional.normalize(theirs.flatten(1))).sum(1)
    assert over_keys.max() < 0.95
    over_photos = by_photo @ by_photo.T - torch.eye(len(photos))
    assert over_photos.max() < 0.9


@every
def test_grey_photos_stay_grey(cloak: Disguise) -> None:
    photos = faces()
    photos[2] = photos[2, :1]
    found = cloaked(cloak, photos)
    assert torch.equal(found[2], found[2, :1].expand(3, -1, -1))
    assert not torch.equal(found[2], photos[2].float())
    assert not torch.equal(found[1, 0] - photos[1, 0], found[1, 1] - photos[1, 1])


@every
@pytest.mark.parametrize("side", [16, 45, 80])
def test_photos_of_other_sizes(cloak: Disguise, side: int) -> None:
    photos = faces(2, side)
    found = cloaked(cloak, photos)
    assert found.shape == photos.shape
    assert 1 <= (found - photos).abs().max() <= cloak.bound  # type: ignore[attr-defined]


def test_one_pass_moves_the_own_masknet_more_than_anothers() -> None:
    photos = faces().float()
    cloak = OnePassCloak(TrainedGenerator("new", CloakGenerator(CloakGeneratorOptions(rounds=4))), SOURCE)
    found = cloaked(cloak, photos)
    noise = photos + (found - photos).flip(2)
    mine, theirs = (SOURCE.draw(numbers(key)) for key in (KEY, OTHER_KEY))
    assert moved(mine, found, photos).mean() > 2 * moved(theirs, found, photos).mean()
    assert moved(mine, found, photos).mean() > 2 * moved(mine, noise, photos).mean()


def numbers(key: Key) -> Tensor:
    return torch.from_numpy(key.stream("masknet").normal(256)).float()


def test_a_masknet_drawn_before_gives_the_same_bits() -> None:
    for cloak in (one_pass(), felt()):
        own = numbers(KEY)
        again = cloak.with_masknet(SOURCE.draw(own), own, SHAPE)
        assert torch.equal(again(faces()), cloaked(cloak, faces()))
        assert again.digest() == cloak.with_key(KEY, SHAPE).digest()


def test_the_felt_cloak_moves_recognisers_and_nears_the_decoys_of_its_key() -> None:
    photos = faces()
    cloak = felt(steps=30, masknet=0.0, decoy=1.0, similarity=0.0)
    keyed = cloak.with_key(KEY, SHAPE)
    found = keyed(photos)
    for recogniser, decoy in keyed._decoys:
        before, after = recogniser.embed(photos), recogniser.embed(found)
        assert (before * after).sum(1).mean() < 0.97
        assert ((after - before) @ decoy).min() > 0
        theirs = recogniser.embed(cloaked(cloak, photos, OTHER_KEY))
        assert ((after - theirs) @ decoy).mean() > 0


def test_all_that_the_felt_cloak_is_made_of_plays_a_part() -> None:
    photos = faces(2)
    plain = cloaked(felt(), photos)
    for change in (
        {"recognisers": (Edges(),)},
        {"steps": 7},
        {"decoy": 0.0},
        {"masknet": 1.0},
        {"bound": 2.0},
    ):
        assert not torch.equal(cloaked(felt(**change), photos), plain), change


@pytest.mark.parametrize("floor", [0.8, 0.95, 0.999, 1.0])
def test_no_photo_is_less_similar_than_stated(floor: float) -> None:
    photos = faces().float()
    photos[0] = 90 + photos[0] / 20  # changes of a pale photo show most
    loud = (photos + 15 * torch.randn(photos.shape, generator=torch.Generator().manual_seed(1)).sign()).clip(
        0, 255
    )
    found = similar_enough(photos, loud.round(), 15, floor)
    similar = structural_similarity(found, photos.round())
    assert similar.min() >= floor - 1e-3
    assert (found - photos).abs().max() <= 15
    if floor < 0.9:
        assert torch.equal(found[1:], loud.round()[1:]) or similar.max() > floor  # no weaker than need be
    for cloak in (one_pass(similarity=floor), felt(similarity=floor)):
        assert structural_similarity(cloaked(cloak, faces()), faces().float()).min() >= floor - 1e-6


@pytest.mark.parametrize(
    "make",
    [
        lambda: one_pass(bound=0.5),
        lambda: one_pass(bound=float("nan")),
        lambda: one_pass(similarity=1.5),
        lambda: one_pass(generator="one-pass-1"),
        lambda: one_pass(source="hypernet-1"),
        lambda: one_pass(source=UntrainedSource(structure("masknet-1", 34))),
        lambda: felt(recognisers=()),
        lambda: felt(recognisers=("sface",)),
        lambda: felt(recognisers=(Edges(differentiable=False),)),
        lambda: felt(steps=0),
        lambda: felt(similarity=2.0),
        lambda: felt(decoy=-1.0),
        lambda: felt(masknet=float("inf")),
        lambda: felt(source=None),
        lambda: one_pass().with_key(KEY, (1, 32, 32)),
        lambda: one_pass().with_key(KEY, (3, 8, 8)),
    ],
)
def test_what_cannot_be_used_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(MasqueradeError):
        make()


def test_texts_show_no_secret() -> None:
    for cloak in (one_pass(), felt()):
        keyed = cloak.with_key(KEY, SHAPE)
        assert repr(keyed) == f"{type(keyed).__name__}(shape={SHAPE})"
        with pytest.raises(UsageError, match="cannot be undone"):
            keyed.restore(faces().float())
