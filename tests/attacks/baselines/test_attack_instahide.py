"""InstaHide: mixtures betray whose photos are in them, and the photos themselves once mixed several times."""

import numpy as np
import pytest
import torch
from torch import Tensor

from attack_examples import PUBLIC_PEOPLE, faces, public, victims
from masquerade.attacks.base import Labelled, Membership, Pairing, Ranking, Reconstruction, View
from masquerade.attacks.baselines.instahide_correlation import InstaHideCorrelation, divided_by_covariance
from masquerade.attacks.baselines.instahide_reconstruction import InstaHideReconstruction
from masquerade.attacks.baselines.instahide_signs import agreeing
from masquerade.attacks.baselines.phase_retrieval import Mixing
from masquerade.disguises import Chain, InstaHide, Noise
from masquerade.errors import NotApplicable, UnreadStructure
from masquerade.keys import Key
from masquerade.metrics import linkage, membership_auc, psnr
from masquerade.metrics.base import Truth

MEMBERS = 60
PAIR = InstaHide(k=2)


def mixed(photos: Tensor, calls: int, how: InstaHide = PAIR) -> tuple[Tensor, Pairing]:
    """All photos mixed with each other anew in every call, and who was mixed."""
    keyed = how.with_key(Key.from_secret(bytes([5]) * 32), tuple(photos.shape[1:]))
    generator = torch.Generator().manual_seed(0)
    orders = [torch.randperm(len(photos), generator=generator) for _ in range(calls)]
    mixtures = [keyed.mixture(photos[order]) for order in orders]
    pairing = Pairing(
        torch.cat([order[torch.from_numpy(rows)] for order, (rows, _) in zip(orders, mixtures, strict=True)]),
        torch.cat([torch.from_numpy(weights).float() for _, weights in mixtures]),
    )
    return torch.cat([keyed(photos[order]) for order in orders]), pairing


def suspected(how: InstaHide = PAIR) -> tuple[View, Pairing]:
    photos = victims()
    released, pairing = mixed(photos[:MEMBERS], 1, how)
    return View(released, recipe=how.describe(), candidates=photos), pairing


def auc(guess: Ranking | Membership) -> float:
    people = torch.arange(len(victims()))
    return membership_auc(guess, Truth(victims(), people, people < MEMBERS, None, people)).value


@pytest.mark.parametrize(("k", "least"), [(2, 0.97), (3, 0.9)])
def test_members_are_found(k: int, least: float) -> None:
    view, _ = suspected(InstaHide(k=k))
    ranking = InstaHideCorrelation()(view, np.random.default_rng(0))
    members = InstaHideCorrelation(guess="membership")(view, np.random.default_rng(0))
    assert isinstance(ranking, Ranking)
    assert isinstance(members, Membership)
    assert auc(ranking) > least
    assert auc(members) > least


def test_a_mixture_is_linked_to_one_of_its_photos() -> None:
    view, pairing = suspected()
    guess = InstaHideCorrelation()(view, np.random.default_rng(0))
    assert isinstance(guess, Ranking)
    hits = (guess.similarity.argmax(1)[:, None] == pairing.originals).any(1).float().mean()
    assert hits > 0.95
    own = linkage(
        guess, Truth(victims()[:MEMBERS], pairing.originals[:, 0], candidate_rows=pairing.originals[:, 0])
    )
    assert own.value < 0.8  # which of the two is the row's own nothing tells


def test_the_covariance_tells_more_than_plain_correlation() -> None:
    view, _ = suspected()
    plain, whitened = (
        InstaHideCorrelation(whitened=each)(view, np.random.default_rng(0)) for each in (False, True)
    )
    assert isinstance(plain, Ranking)
    assert isinstance(whitened, Ranking)
    assert 0.6 < auc(plain) < auc(whitened)


def test_mixtures_of_others_tell_nothing_about_candidates() -> None:
    photos = faces()[: 10 * PUBLIC_PEOPLE]
    released, _ = mixed(photos[torch.randperm(160, generator=torch.Generator().manual_seed(4))[:MEMBERS]], 1)
    view = View(released, recipe=PAIR.describe(), candidates=victims())
    guess = InstaHideCorrelation()(view, np.random.default_rng(0))
    assert isinstance(guess, Ranking)
    assert 0.35 < auc(guess) < 0.65


def test_the_covariance_is_that_of_the_sample() -> None:
    generator = torch.Generator().manual_seed(0)
    for count in (5, 40):
        sample, rows = (
            torch.randn((count, 12), generator=generator),
            torch.randn((3, 12), generator=generator),
        )
        expected = torch.linalg.solve(sample.T @ sample / count + 0.5 * torch.eye(12), rows.T).T
        assert torch.allclose(divided_by_covariance(rows, sample, 0.5), expected, atol=1e-5)


def rebuilt(calls: int, how: InstaHide = PAIR, photos: int = 40) -> tuple[Reconstruction, Truth]:
    originals = victims()[:photos]
    released, pairing = mixed(originals, calls, how)
    view = View(released, recipe=how.describe(), public=public(), pairing=pairing)
    guess = InstaHideReconstruction()(view, np.random.default_rng(0))
    assert isinstance(guess, Reconstruction)
    assert len(guess.images) == len(released)
    first = torch.stack([(pairing.originals[:, 0] == row).nonzero()[0, 0] for row in range(photos)])
    return Reconstruction(guess.images[first]), Truth(originals, torch.arange(photos))


@pytest.mark.parametrize(("k", "calls", "decibels"), [(2, 2, 17), (2, 3, 25), (3, 5, 25)])
def test_photos_come_back(k: int, calls: int, decibels: float) -> None:
    guess, truth = rebuilt(calls, InstaHide(k=k))
    assert linkage(guess, truth).value > 0.95
    assert psnr(guess, truth).value > decibels


def test_one_encoding_of_each_photo_is_not_enough() -> None:
    guess, truth = rebuilt(1)
    assert linkage(guess, truth).value < 0.3


def test_the_wrong_pairing_gives_no_photos() -> None:
    originals = victims()[:40]
    released, pairing = mixed(originals, 3)
    wrong = Pairing(pairing.originals.roll(7, 0), pairing.weights)
    view = View(released, recipe=PAIR.describe(), public=public(), pairing=wrong)
    guess = InstaHideReconstruction()(view, np.random.default_rng(0))
    assert isinstance(guess, Reconstruction)
    assert linkage(guess, Truth(originals[pairing.originals[:, 0]], pairing.originals[:, 0])).value < 0.3


def test_lost_signs_are_found_where_equations_suffice() -> None:
    rng = np.random.default_rng(0)
    shares, photos = (torch.from_numpy(rng.standard_normal(s, dtype=np.float32)) for s in ((60, 8), (8, 30)))
    mixing = Mixing(shares)
    found = mixing.first((shares @ photos).abs(), 200, rng)
    apart = torch.minimum((found - photos).norm(dim=0), (found + photos).norm(dim=0)) / photos.norm(dim=0)
    assert (apart < 1e-2).float().mean() > 0.9


def test_signs_of_pixels_agree() -> None:
    photos = (faces()[:50].float() - 127.5).flatten(1)
    flips = torch.randint(0, 2, (photos.shape[1],), generator=torch.Generator().manual_seed(0)) * 2 - 1
    found = agreeing(photos * flips, (1, 32, 32))
    assert float((found * photos).sum().abs() / photos.square().sum()) > 0.95


def test_other_recipes_and_shapes_do_not_concern_them() -> None:
    photos, rng = victims()[:4], np.random.default_rng(0)
    for how, error in ((Noise(5), NotApplicable), (Chain((PAIR, Noise(5))), UnreadStructure)):
        with pytest.raises(error):
            InstaHideCorrelation()(View(photos, recipe=how.describe(), candidates=photos), rng)
    small = View(photos, recipe=Chain((PAIR,)).describe(), candidates=photos[:, :, :8])
    with pytest.raises(NotApplicable, match="shape"):
        InstaHideCorrelation()(small, rng)
    pairing = Pairing(torch.zeros((4, 2), dtype=torch.int64), torch.full((4, 2), 0.5))
    seen = View(
        photos, recipe=PAIR.describe(), public=Labelled(photos[..., :8], torch.zeros(4)), pairing=pairing
    )
    with pytest.raises(NotApplicable, match="shape"):
        InstaHideReconstruction()(seen, rng)
