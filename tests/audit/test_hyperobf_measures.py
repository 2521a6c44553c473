"""HyperObf's loss, its measures of diversity, and what is noticed in a training."""

from math import log

import numpy as np
import pytest
import torch

from hyperobf_examples import SIZE, images, masknets, random
from masquerade.errors import DeadFeatures
from masquerade.networks.cloaks.masknet import stacked_features, structure
from masquerade.training.hyperobf.curve import Point, best, ended, from_tensor, to_tensor
from masquerade.training.hyperobf.dead_features import live_share, require_learned, require_live
from masquerade.training.hyperobf.diversity import (
    all_features,
    feature_distance,
    symmetric_divergence,
)
from masquerade.training.hyperobf.loss import (
    cross_entropy,
    diversity_loss,
    fresh_scales,
    weight_variance,
)
from masquerade.training.hyperobf.settings import (
    EarlyStopping,
    HyperObfSettings,
)
from masquerade.training.hyperobf.transfer import BOUND, _change, transfer


def test_the_loss_is_that_of_the_published_code() -> None:
    scores, labels = torch.randn(3, 5, 7, generator=random()), torch.tensor([0, 6, 2, 2, 1])
    weights = {
        "conv1": torch.randn(3, 4, 2, generator=random(1)),
        "fc": torch.randn(3, 6, generator=random(2)),
    }
    shares = np.exp(scores.double().numpy())
    shares /= shares.sum(2, keepdims=True)
    per_net = [-np.log(shares[b, np.arange(5), labels.numpy()]).mean() for b in range(3)]
    variance = sum(tensor.double().numpy().var(0, ddof=1).mean() for tensor in weights.values())
    assert float(cross_entropy(scores, labels)) == pytest.approx(np.mean(per_net), rel=1e-5)
    assert float(weight_variance(weights)) == pytest.approx(variance, rel=1e-5)
    assert float(diversity_loss(weight_variance(weights), 10, 0.1)) == pytest.approx(
        10 * np.exp(-variance) - 0.1, rel=1e-4
    )


def test_scaled_weights_count_alike_whatever_their_layer() -> None:
    sizes = structure("masknet-1", SIZE)
    scales = fresh_scales(sizes)
    drawn = {
        n: scales[n] * torch.randn(50, *shape, generator=random()) for n, shape in sizes.shapes().items()
    }
    assert float(weight_variance(drawn, scales)) == pytest.approx(3, rel=0.02)
    assert float(weight_variance(drawn)) < 0.2


def test_the_hinge_switches_the_diversity_off() -> None:
    settings = HyperObfSettings(weight=10, threshold=0.001)
    assert settings.enough_variance == pytest.approx(log(10 / 0.001))
    for beyond, pulled in ((-0.01, True), (0.01, False)):
        variance = torch.tensor(settings.enough_variance + beyond, requires_grad=True)
        loss = diversity_loss(variance, 10, 0.001)
        loss.backward()  # type: ignore[no-untyped-call]
        assert (float(loss.detach()) > 0) is pulled
        assert (float(variance.grad) < 0) is pulled  # type: ignore[arg-type]
    assert HyperObfSettings(weight=0).enough_variance == 0
    assert HyperObfSettings(threshold=0).enough_variance == float("inf")


def test_stacked_features_are_those_of_the_networks() -> None:
    nets, photos = masknets(3), images(4).float()
    weights = {name: torch.stack([net.weights[name] for net in nets]) for name in nets[0].weights}
    together = stacked_features(nets[0].structure, weights, photos)
    torch.testing.assert_close(together, all_features(nets, photos), rtol=1e-4, atol=1e-4)


def test_nets_that_answer_alike_have_no_divergence() -> None:
    scores = torch.randn(1, 5, 7, generator=random()).repeat(3, 1, 1)
    assert symmetric_divergence(scores).tolist() == [0, 0, 0]
    assert symmetric_divergence(scores + torch.arange(3.0)[:, None, None]).max() < 1e-6, (
        "softmax drops shifts"
    )
    features = torch.rand(1, 5, 7, generator=random())
    assert feature_distance(torch.cat([features, 3 * features])).max() < 1e-6


def test_the_divergence_is_kl_both_ways_over_all_pairs() -> None:
    scores = torch.randn(3, 5, 7, generator=random())
    p = np.exp(scores.double().numpy())
    p /= p.sum(2, keepdims=True)
    expected = [
        float(((p[i] * np.log(p[i] / p[j])).sum(1) + (p[j] * np.log(p[j] / p[i])).sum(1)).mean())
        for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    assert symmetric_divergence(scores).tolist() == pytest.approx(expected, rel=1e-6)


def test_features_far_apart_are_far() -> None:
    one, other = torch.eye(4)[None], torch.eye(4).roll(1, 0)[None]
    assert feature_distance(torch.cat([one, other, -one])).tolist() == pytest.approx([2**0.5, 2, 2**0.5])


def test_a_cloak_is_felt_by_its_own_net_most_and_by_a_copy_as_much() -> None:
    nets, photos = masknets(2), images(4)
    other = transfer(nets, photos, steps=3)
    same = transfer([nets[0], nets[0]], photos, steps=3)
    assert same.kept == pytest.approx(1, abs=1e-4)
    assert same.likeness == pytest.approx(1, abs=1e-4)
    assert 0 < other.kept < 0.9
    assert other.likeness < 0.5


def test_cloaks_keep_to_their_bound_and_to_photos() -> None:
    photos = images(4).float()
    (features,) = torch.nn.functional.normalize(all_features(masknets(1), photos), dim=2)
    change = _change(masknets(1)[0], photos, features, 4)
    assert change.abs().max() <= BOUND
    assert change.abs().mean() > 5
    assert (photos + change).min() >= 0
    assert (photos + change).max() <= 255


def test_dead_features_are_noticed() -> None:
    live = torch.randn(2, 6, 40, generator=random())
    require_live(live)
    dead = live.clone()
    dead[1] = dead[1, :1]
    assert live_share(dead).tolist() == [1, 0]
    for features in (dead, live * torch.tensor([[[1.0]], [[0.0]]])):
        with pytest.raises(DeadFeatures, match="same features for every photo"):
            require_live(features)
    with pytest.raises(DeadFeatures, match="learned nothing"):
        require_learned(log(50), 50)
    require_learned(0.5 * log(50), 50)


def test_the_curve_chooses_the_most_accurate_moment_that_is_diverse_enough() -> None:
    def point(epoch: int, accuracy: float, distance: float) -> Point:
        return Point(epoch, 1.0, accuracy, accuracy, 0.1 * epoch, distance, 2.0)

    falling = ((0.1, 1.0), (0.3, 2.0), (0.4, 1.9), (0.6, 1.0), (0.6, 0.9))
    curve = [point(i + 1, accuracy, distance) for i, (accuracy, distance) in enumerate(falling)]
    assert best(curve, EarlyStopping(patience=2, kept=0.8)) == 2
    assert best(curve, EarlyStopping(patience=2, kept=0.4)) == 4
    assert best(curve, EarlyStopping(patience=2, kept=0.8, by="divergence")) == 4, "it never falls"
    assert best(curve, EarlyStopping(patience=0)) == 4
    assert ended(curve, EarlyStopping(patience=2, kept=0.8))
    assert not ended(curve, EarlyStopping(patience=3, kept=0.8))
    assert not ended(curve, EarlyStopping(patience=0))
    assert from_tensor(to_tensor(curve, 9)) == curve
