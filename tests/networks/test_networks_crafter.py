"""Crafter's networks: the paper's sizes, and small ones."""

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from masquerade.errors import UsageError
from masquerade.networks.features.amortiser import Amortiser, AmortiserOptions
from masquerade.networks.features.critic import Critic, CriticOptions
from masquerade.networks.features.feature_decoder import FeatureDecoder, FeatureDecoderOptions
from masquerade.networks.features.split import SplitOptions
from masquerade.networks.features.split_registry import build_split
from masquerade.networks.features.split_resnet import SplitResNet18
from masquerade.networks.features.wgan_generator import G1, G2, WGANGenerator, WGANGeneratorOptions


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_the_papers_sizes() -> None:
    with torch.device("meta"):
        first, second = WGANGenerator(G1), WGANGenerator(G2)
        critic, network = Critic(CriticOptions()), build_split(SplitOptions())
        vgg = build_split(SplitOptions(architecture="vgg16"))
        decoder = FeatureDecoder(FeatureDecoderOptions(features=(64, 16, 16)))
        amortiser = Amortiser(AmortiserOptions(features=(64, 16, 16), latents=500))
        wide = build_split(SplitOptions(side=128))
    assert [m.out_channels for m in first.modules() if isinstance(m, nn.ConvTranspose2d)] == [128, 64, 3]
    assert [m.out_channels for m in second.modules() if isinstance(m, nn.ConvTranspose2d)] == [
        256,
        128,
        64,
        3,
    ]
    assert [m.out_channels for m in critic.modules() if isinstance(m, nn.Conv2d)] == [64, 128, 256, 512, 1]
    kernels = [(m.kernel_size[0], m.out_channels) for m in amortiser.modules() if isinstance(m, nn.Conv2d)]
    assert kernels == [(4, 128), (4, 512), (4, 1024), (2, 512), (1, 500)]
    assert decoder.enter[1].weight.shape == (64 * 8 * 4 * 4, 64 * 16 * 16)  # type: ignore[index]
    assert network.feature_shape == (64, 16, 16)
    assert vgg.feature_shape == (128, 16, 16)
    assert wide.feature_shape == (64, 32, 32)
    assert parameters(network) == 11_197_032  # torchvision's ResNet-18 with 40 classes


@pytest.mark.parametrize(("start", "side"), [(4, 8), (4, 32), (8, 16)])
def test_generators_give_images_of_0_to_1(start: int, side: int) -> None:
    options = WGANGeneratorOptions(latents=5, side=side, start=start, width=2)
    images = WGANGenerator(options)(100 * torch.randn(4, 5))
    assert images.shape == (4, 3, side, side)
    assert 0 <= images.min() < images.max() <= 1
    with pytest.raises(UsageError, match="another length"):
        WGANGenerator(options)(torch.randn(4, 6))


@pytest.mark.parametrize(("start", "side"), [(8, 8), (4, 24), (8, 20)])
def test_sides_must_double(start: int, side: int) -> None:
    with pytest.raises(UsageError, match="double into one another"):
        WGANGeneratorOptions(start=start, side=side)


def test_a_score_depends_on_its_image_alone_and_on_the_draw() -> None:
    critic = Critic(CriticOptions(side=16, width=2))
    critic.redraw(torch.Generator().manual_seed(1))
    images = torch.rand(3, 3, 16, 16)
    torch.testing.assert_close(critic(images)[:1], critic(images[:1]))
    twin = Critic(CriticOptions(side=16, width=2))
    twin.redraw(torch.Generator().manual_seed(1))
    assert torch.equal(twin(images), critic(images))
    twin.redraw(torch.Generator().manual_seed(2))
    assert not torch.allclose(twin(images), critic(images))


@pytest.mark.parametrize("architecture", ["resnet18", "vgg16"])
def test_both_halves_make_the_whole(architecture: str) -> None:
    options = SplitOptions(architecture=architecture, side=20, width=4, attributes=7)
    network = build_split(options).eval()
    photos = torch.rand(2, 3, 20, 20)
    features = network.encode(photos)
    assert tuple(features.shape[1:]) == network.feature_shape
    assert features.shape[2:] == (5, 5)
    assert torch.equal(network.classify(features), network(photos))
    assert network(photos).shape == (2, 7)
    with pytest.raises(UsageError, match="images of another shape"):
        network(photos[:, :, :16, :16])
    with pytest.raises(UsageError, match="features of another shape"):
        network.classify(features[:, :1])


def test_photos_are_standardised_inside() -> None:
    network = build_split(SplitOptions(side=16, width=2)).eval()
    mean = network.mean.expand(1, 3, 16, 16)
    assert torch.equal(network.encode(mean), network.enc(torch.zeros(1, 3, 16, 16)))


def test_options_of_the_wrong_kind_are_refused() -> None:
    with pytest.raises(UsageError, match="another architecture"):
        SplitResNet18(SplitOptions(architecture="vgg16"))
    with pytest.raises(ValidationError, match="multiple of 4"):
        SplitOptions(side=18)
    with pytest.raises(UsageError, match="square features"):
        Amortiser(AmortiserOptions(features=(2, 8, 4)))


@pytest.mark.parametrize("entry", ["dense", "convolution"])
@pytest.mark.parametrize("side", [4, 16])
def test_decoders_take_features_of_any_size(entry: str, side: int) -> None:
    options = FeatureDecoderOptions(features=(3, side, side), side=16, width=2, entry=entry)
    images = FeatureDecoder(options)(torch.randn(2, 3, side, side))
    assert images.shape == (2, 3, 16, 16)
    assert 0 <= images.min() < images.max() <= 1
    with pytest.raises(UsageError, match="another shape"):
        FeatureDecoder(options)(torch.randn(2, 4, side, side))
