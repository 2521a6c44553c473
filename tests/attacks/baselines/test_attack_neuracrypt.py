"""NeuraCrypt: a random encoder keeps who resembles whom, so another random encoder finds the photos."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from masquerade.attacks.base import Ranking, View
from masquerade.attacks.baselines.neuracrypt_matching import FEWEST, Sides, mutual
from masquerade.attacks.baselines.neuracrypt_order import in_order, place_graph, sizes
from masquerade.attacks.baselines.neuracrypt_patches import NeuraCryptPatches
from masquerade.data import builtin
from masquerade.disguises import Chain, NeuraCrypt, Noise
from masquerade.errors import NotApplicable, UnreadStructure
from masquerade.keys import Key
from masquerade.metrics import linkage, membership_auc
from masquerade.metrics.base import Truth

SHAPE = (1, 56, 56)
SMALL = NeuraCrypt(depth=2, width=64, patch=8)
OURS = 60


@pytest.fixture(scope="module")
def faces() -> Tensor:
    """Photos of 20 people, then of 10 others."""
    images = builtin.orl(*SHAPE[1:]).images
    mine, others = images[:200], images[200:300]
    generator = torch.Generator().manual_seed(0)
    return torch.cat([part[torch.randperm(len(part), generator=generator)] for part in (mine, others)])


def keyed(number: int, how: NeuraCrypt = SMALL) -> Callable[[Tensor], Tensor]:
    return how.with_key(Key.from_secret(number.to_bytes(32, "big")), SHAPE)


def fresh() -> Callable[[], Callable[[Tensor], Tensor]]:
    numbers = iter(range(100, 200))
    return lambda: keyed(next(numbers))


def attacked(released: Tensor, candidates: Tensor) -> Ranking:
    view = View(released, recipe=SMALL.describe(), candidates=candidates.float(), fresh=fresh())
    guess = NeuraCryptPatches()(view, np.random.default_rng(0))
    assert isinstance(guess, Ranking)
    return guess


def truth(candidates: Tensor, released: int, shared: int) -> Truth:
    people = torch.arange(len(candidates))
    rows = torch.arange(released)
    return Truth(candidates[:released], rows, people < shared, rows, people)


def test_photos_are_found_among_those_of_others(faces: Tensor) -> None:
    candidates = torch.cat([faces[:OURS], faces[200:240]])
    guess = attacked(keyed(1)(faces[:OURS]), candidates)
    score = truth(candidates, OURS, OURS)
    assert linkage(guess, score).value > 0.95
    assert membership_auc(guess, score).value > 0.95


def test_an_encoder_for_each_photo_leaves_nothing(faces: Tensor) -> None:
    released = torch.cat([keyed(number)(faces[number : number + 1]) for number in range(20)])
    guess = attacked(released, faces[:40])
    assert linkage(guess, truth(faces[:40], 20, 20)).value < 0.25


def test_shuffles_are_undone(faces: Tensor) -> None:
    codes = keyed(1)(faces[:OURS]).flatten(2).mT
    ordered = in_order(codes)
    assert torch.allclose(ordered.sum(1), codes.sum(1), atol=1e-3)
    # a place varies less over photos than the shuffled rows did
    assert ordered.var(0).mean() < 0.5 * codes.var(0).mean()


def test_places_depend_alike_under_every_key(faces: Tensor) -> None:
    graphs = []
    for number in (1, 2):
        ordered = in_order(keyed(number)(faces[:OURS]).flatten(2).mT)
        graphs.append(place_graph([ordered], sizes(ordered), np.random.default_rng(0)))
    spectra = [torch.linalg.eigvalsh(graph) for graph in graphs]  # which no order of the places changes
    assert graphs[0].shape == (2, 49, 49)
    assert torch.corrcoef(torch.stack([each.flatten() for each in spectra]))[0, 1] > 0.98


def test_without_mutual_matches_nothing_changes() -> None:
    similarity = torch.zeros(FEWEST - 1, 8)
    codes = torch.randn((FEWEST - 1, 3, 5), generator=torch.Generator().manual_seed(0))
    sides = Sides(codes, [codes])
    assert torch.equal(sides.by_landmarks(similarity, torch.arange(3), 10), similarity)
    assert sides.places(similarity, grams=True) is None


def test_places_follow_from_right_matches(faces: Tensor) -> None:
    released, own = (in_order(keyed(number)(faces[:OURS]).flatten(2).mT) for number in (1, 2))
    sides = Sides(released, [own])
    places = sides.places(torch.eye(OURS), grams=True)
    assert places is not None
    assert (sides.by_sizes(places).argmax(1) == torch.arange(OURS)).float().mean() > 0.5
    blind = sides.by_sizes(places.roll(11))
    assert (blind.argmax(1) == torch.arange(OURS)).float().mean() < 0.3


def test_mutual() -> None:
    best, margin, is_mutual = mutual(torch.tensor([[3.0, 1.0, 0.0], [4.0, 2.0, 0.0]]))
    assert best.tolist() == [0, 0]
    assert margin.tolist() == [2.0, 2.0]
    assert is_mutual.tolist() == [False, True]


@pytest.mark.parametrize(
    ("how", "error"), [(Noise(5), NotApplicable), (Chain((SMALL, Noise(5))), UnreadStructure)]
)
def test_other_recipes_do_not_concern_it(
    faces: Tensor, how: Noise | Chain, error: type[NotApplicable | UnreadStructure]
) -> None:
    photos = faces[:4].float()
    view = View(photos, recipe=how.describe(), candidates=photos, fresh=fresh())
    with pytest.raises(error):
        NeuraCryptPatches()(view, np.random.default_rng(0))
