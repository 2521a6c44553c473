"""Sources of MaskNets: the same numbers give the same MaskNet; others give another, or as the source says."""

from collections import Counter

import pytest
import torch
from torch import nn

from masknet_examples import SMALL, hypernet, hypernet_source, masknet, numbers, photos
from masquerade.errors import ModelError, UsageError
from masquerade.files.named import require_digest
from masquerade.keys import Key
from masquerade.masknets import (
    DropoutSource,
    EnsembleSource,
    HyperNetSource,
    MaskNetSource,
    StaticSource,
    UntrainedSource,
)
from masquerade.networks.cloaks.masknet import MaskNet, structure

SOURCES: dict[str, MaskNetSource] = {
    "hypernet": hypernet_source(),
    "ensemble": EnsembleSource("ensemble", [masknet(seed) for seed in range(5)]),
    "static": StaticSource("static", masknet()),
    "dropout": DropoutSource("dropout", masknet()),
    "untrained": UntrainedSource(SMALL),
}
EVERY = pytest.mark.parametrize("name", SOURCES)


def same(one: MaskNet, other: MaskNet) -> bool:
    return all(torch.equal(tensor, other.weights[name]) for name, tensor in one.weights.items())


@EVERY
def test_the_same_numbers_give_the_same_masknet(name: str) -> None:
    source = SOURCES[name]
    first = source.draw(numbers(1))
    source.draw(numbers(2))
    again = source.draw(numbers(1))
    assert first.structure == source.structure == SMALL
    assert same(first, again)
    assert first(photos()).isfinite().all()
    assert first(photos()).std() > 1e-3


@pytest.mark.parametrize("name", ["hypernet", "dropout", "untrained"])
def test_other_numbers_give_another_masknet(name: str) -> None:
    drawn = [SOURCES[name].draw(each)(photos()) for each in numbers(1, 8)]
    for i, features in enumerate(drawn):
        for other in drawn[:i]:
            assert (features - other).norm() > 0.05 * features.norm()


def test_a_user_is_one_key() -> None:
    def of(secret: int) -> MaskNet:
        key = Key.from_secret(bytes([secret]) * 32)
        drawn = torch.from_numpy(key.stream("masknet").normal(256)).float()
        return SOURCES["hypernet"].draw(drawn)

    assert same(of(1), of(1))
    assert not same(of(1), of(2))


def test_an_ensemble_is_chosen_from_evenly_and_whole() -> None:
    source = SOURCES["ensemble"]
    nets = [masknet(seed) for seed in range(5)]
    chosen = Counter(
        next(i for i, net in enumerate(nets) if same(net, source.draw(each))) for each in numbers(3, 1000)
    )
    expected = 1000 / 5
    statistic = sum((chosen[i] - expected) ** 2 / expected for i in range(5))
    assert statistic < 18.5  # chi-squared, 4 degrees of freedom, 0.1 %


def test_a_static_source_gives_everybody_the_same() -> None:
    assert same(SOURCES["static"].draw(numbers(1)), SOURCES["static"].draw(numbers(2)))
    assert same(SOURCES["static"].draw(numbers(1)), masknet())


def test_dropout_keeps_half_of_the_features_and_doubles_them() -> None:
    whole = masknet()(photos())
    kept = []
    for each in numbers(4, 40):
        features = SOURCES["dropout"].draw(each)(photos())
        mask = (features != 0).any(0)
        assert torch.allclose(features, 2 * whole * mask, atol=1e-5)
        kept.append(mask)
    share = torch.stack(kept).float()
    assert 0.47 < share.mean() < 0.53
    assert share.mean(0).min() > 0.15  # every feature is kept by some, and dropped by some
    assert share.mean(0).max() < 0.85


def test_untrained_weights_are_normal_of_hes_scale() -> None:
    source = UntrainedSource(structure("masknet-1", 64))
    drawn = source.draw(numbers(5))
    for name, shape in source.structure.shapes().items():
        weights = drawn.weights[name].flatten() / (2 / torch.Size(shape[1:]).numel()) ** 0.5
        assert abs(weights.mean()) < 5 / len(weights) ** 0.5
        assert abs(weights.var() - 1) < 8 / len(weights) ** 0.5
    left, right = drawn.conv1.flatten(), drawn.fc.flatten()[: drawn.conv1.numel()]
    assert abs(torch.corrcoef(torch.stack([left, right]))[0, 1]) < 0.2


@EVERY
def test_numbers_of_another_kind_are_refused_and_not_shown(name: str) -> None:
    source = SOURCES[name]
    for wrong in (numbers()[:255], numbers().double(), numbers(count=1)):
        with pytest.raises(UsageError, match="not the numbers of a user"):
            source.draw(wrong)
    broken = numbers().clone()
    broken[7] = float("nan")
    with pytest.raises(UsageError, match="not finite") as caught:
        source.draw(broken)
    assert str(float(broken[0]))[:6] not in str(caught.value)


def test_weights_that_are_not_finite_are_refused() -> None:
    network = hypernet()
    with torch.no_grad():
        next(iter(network.base().values()))[0] = float("inf")
    with pytest.raises(ModelError, match="not finite"):
        HyperNetSource("broken", network).draw(numbers())


def test_an_ensemble_needs_masknets_of_one_structure() -> None:
    with pytest.raises(UsageError, match="0 structures"):
        EnsembleSource("none", [])
    with pytest.raises(UsageError, match="2 structures"):
        EnsembleSource("two", [masknet(), masknet(sizes=structure("masknet-2", 48))])


@EVERY
def test_sources_are_told_apart_by_what_they_do(name: str) -> None:
    source = SOURCES[name]
    assert len(source.digest) == 64
    assert source.describe() == {"name": source.name, "digest": source.digest}
    assert source.digest[:12] in repr(source)
    assert len({other.digest for other in SOURCES.values()}) == len(SOURCES)
    assert require_digest(source, source.digest, "source of MaskNets") is source
    with pytest.raises(ModelError, match="another source"):
        require_digest(source, "0" * 64, "source of MaskNets")


def test_digests_cover_weights_and_classifier_but_not_names() -> None:
    assert hypernet_source() == hypernet_source()
    assert hash(hypernet_source()) == hash(hypernet_source())
    assert HyperNetSource("other", hypernet()) == hypernet_source(classes=0)
    assert hypernet_source() != hypernet_source(classes=0)
    assert hypernet_source() != hypernet_source(seed=1)
    classifier = nn.Linear(SMALL.features, 2)
    assert StaticSource("s", masknet(), classifier) != StaticSource("s", masknet())
    assert EnsembleSource("e", [masknet(), masknet(1)]) != EnsembleSource("e", [masknet(1), masknet()])
    assert UntrainedSource(SMALL) != UntrainedSource(structure("masknet-2", 48))


def test_a_source_is_frozen() -> None:
    source = hypernet_source()
    assert source.classifier is not None
    assert not any(parameter.requires_grad for parameter in source.hypernet.parameters())
    assert not any(parameter.requires_grad for parameter in source.classifier.parameters())
    features = source.draw(numbers())(photos().float().requires_grad_())
    source.classifier(features).sum().backward()
