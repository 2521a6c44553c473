"""MaskNets and the hypernetwork that makes them."""

import hashlib
import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from masknet_examples import SMALL, TINY, hypernet, masknet, numbers, photos
from masquerade.errors import UsageError
from masquerade.networks.cloaks.hypernet import LARGEST, HyperNet, HyperNetOptions
from masquerade.networks.cloaks.masknet import STRUCTURES, MaskNet, stacked_features, structure

PUBLISHED = {"masknet-1": (16, 32, 256), "masknet-2": (16, 32, 128), "masknet-3": (32, 32, 256)}


@pytest.mark.parametrize("name", STRUCTURES)
def test_structures_are_the_published_ones(name: str) -> None:
    first, second, features = PUBLISHED[name]
    assert structure(name).shapes() == {
        "conv1": (first, 3, 3, 3),
        "conv2": (second, first, 3, 3),
        "fc": (features, second * 7 * 7),
    }


def test_a_masknet_at_the_published_size_has_the_published_number_of_weights() -> None:
    weights = sum(torch.Size(shape).numel() for shape in structure("masknet-1", 256).shapes().values())
    biases = 16 + 32 + 256  # the published count has room for them
    assert weights == 2_102_496 - biases


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [("masknet-4", 112, "no such"), ("masknet-1", 15, "size"), ("masknet-1", 1025, "size")],
)
def test_other_structures_and_sizes_are_refused(name: str, size: int, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        structure(name, size)


def test_features_are_those_of_the_layers_as_published() -> None:
    net, images = masknet(), photos()
    maps = images / 127.5 - 1
    for kernel in (net.conv1, net.conv2):
        maps = functional.max_pool2d(
            functional.leaky_relu(functional.conv2d(maps, kernel, padding=1), 0.01), 4
        )
    expected = functional.leaky_relu(maps.flatten(1) @ net.fc.T, 0.01)
    assert torch.allclose(net(images), expected, atol=1e-5)
    assert net(images).shape == (3, SMALL.features)


@pytest.mark.parametrize("side", [20, 32, 100])
def test_images_of_any_size_are_looked_at_and_have_a_gradient(side: int) -> None:
    images = photos(2, side).float().requires_grad_()
    features = masknet()(images)
    assert features.shape == (2, SMALL.features)
    (gradient,) = torch.autograd.grad(features.square().sum(), images)
    assert gradient.isfinite().all()
    assert (gradient != 0).float().mean() > 0.1


def test_larger_images_look_like_themselves() -> None:
    small = functional.interpolate(photos(2, 8).float(), (32, 32), mode="bilinear")
    large = functional.interpolate(small, (128, 128), mode="bilinear")
    near, far = masknet()(large) - masknet()(small), masknet()(small.flip(0)) - masknet()(small)
    assert near.norm() < 0.2 * far.norm()


def test_what_is_finer_than_the_masknet_sees_is_averaged() -> None:
    fine = 255.0 * (torch.arange(96).view(-1, 1) + torch.arange(96)).remainder(2).expand(1, 3, -1, -1)
    every_third, flat = fine[..., 1::3, 1::3], torch.full((1, 3, 32, 32), 127.5)
    net = masknet()
    assert (net(fine) - net(flat)).norm() < 0.2 * (net(every_third) - net(flat)).norm()


def test_only_colour_images_are_looked_at() -> None:
    with pytest.raises(UsageError, match="colour"):
        masknet()(torch.zeros(1, 1, 32, 32))
    with pytest.raises(UsageError, match="colour"):
        masknet()(torch.zeros(3, 32, 32))


def test_a_masknet_is_frozen_and_shows_no_number() -> None:
    net = masknet()
    assert not list(net.parameters())
    assert not any(tensor.requires_grad for tensor in net.weights.values())
    assert repr(net) == "MaskNet(masknet-2, size=32)"


def test_weights_of_another_structure_are_refused() -> None:
    weights = masknet().weights
    for wrong in (
        {**weights, "fc": weights["fc"][:, 1:]},
        {**weights, "fc": weights["fc"].double()},
        {**weights, "bias": torch.zeros(1)},
        {name: weights[name] for name in ("conv1", "conv2")},
    ):
        with pytest.raises(UsageError, match="another MaskNet"):
            MaskNet(SMALL, wrong)


def test_many_at_once_give_what_each_gives_with_gradients_to_weights_and_images() -> None:
    nets, images = [masknet(seed) for seed in range(4)], photos().float().requires_grad_()
    weights = {
        name: torch.stack([net.weights[name] for net in nets]).requires_grad_() for name in SMALL.shapes()
    }
    features = stacked_features(SMALL, weights, images)
    assert torch.allclose(features, torch.stack([net(images) for net in nets]), atol=1e-5)
    gradients = torch.autograd.grad(features[1].square().sum(), [images, *weights.values()])
    assert all(bool(gradient.isfinite().all()) for gradient in gradients)
    for gradient in gradients[1:]:  # a MaskNet's features depend on its own weights alone
        assert gradient[1].norm() > 0
        assert not gradient[[0, 2, 3]].any()


def test_many_at_once_want_images_of_their_size() -> None:
    weights = {name: tensor.unsqueeze(0) for name, tensor in masknet().weights.items()}
    with pytest.raises(UsageError, match="another shape"):
        stacked_features(SMALL, weights, photos(2, 48))
    with pytest.raises(UsageError, match="another MaskNet"):
        stacked_features(SMALL, {**weights, "fc": weights["fc"].expand(2, -1, -1)}, photos())


def bits(net: MaskNet) -> str:
    seen = hashlib.sha256()
    for tensor in net.weights.values():
        seen.update(tensor.numpy().tobytes())
    return seen.hexdigest()


OPTIONS = [TINY, HyperNetOptions(size=64)]


@pytest.mark.parametrize("options", OPTIONS)
def test_a_masknet_has_the_same_bits_alone_and_among_others(options: HyperNetOptions) -> None:
    network, latents = hypernet(options), numbers(1, 20)
    alone = [bits(network.generate(latent)) for latent in latents]
    assert len(set(alone)) == len(alone)
    assert [bits(net) for net in network.stream(latents)] == alone
    assert [bits(net) for net in network.stream(latents.flip(0))] == alone[::-1]


def test_a_stream_draws_one_after_the_other() -> None:
    network = hypernet()
    endless = network.stream(numbers(1).expand(10**9, -1))
    assert bits(next(endless)) == bits(next(endless)) == bits(network.generate(numbers(1)))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_and_places_in_memory_change_no_bit(threads: int) -> None:
    network, latent = hypernet(OPTIONS[1]), numbers(3)
    expected = bits(network.generate(latent))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert bits(network.generate(latent)) == expected
        assert torch.get_num_threads() == threads
        for parameter in network.parameters():
            parameter.data = elsewhere(parameter.data)
        assert bits(network.align().generate(elsewhere(latent))) == expected
    finally:
        torch.set_num_threads(before)


def elsewhere(tensor: Tensor) -> Tensor:
    """The same numbers at an address that torch itself would not take."""
    room = torch.empty(tensor.numel() + 1)[1:].view(tensor.shape)
    return room.copy_(tensor)


IN_A_PROCESS = """
from masknet_examples import hypernet, numbers
from test_networks_masknet import OPTIONS, bits
print(bits(hypernet(OPTIONS[1]).generate(numbers(3))))
"""


def test_a_fresh_process_gives_the_same_bits() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [bits(hypernet(OPTIONS[1]).generate(numbers(3)))]


@pytest.mark.parametrize("options", [*OPTIONS, TINY.model_copy(update={"gain_rank": 0})])
def test_training_sees_the_masknets_that_are_drawn(options: HyperNetOptions) -> None:
    network, latents = hypernet(options), numbers(1, 5)
    weights = network(latents)
    assert {name: tuple(tensor.shape) for name, tensor in weights.items()} == {
        name: (5, *shape) for name, shape in network.structure.shapes().items()
    }
    for i, net in enumerate(network.stream(latents)):
        for name, tensor in net.weights.items():
            assert torch.allclose(tensor, weights[name][i], atol=1e-6)


def test_every_parameter_is_learned() -> None:
    network = hypernet()
    features = stacked_features(network.structure, network(numbers(1, 4)), photos())
    features.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("name", STRUCTURES)
def test_untrained_features_are_alive_and_differ_between_users_and_photos(name: str) -> None:
    network = hypernet(HyperNetOptions(structure=name, size=48))
    features = torch.stack([net(photos(8, 48)) for net in network.stream(numbers(1, 6))])
    assert 0.1 < features.std() < 10
    assert features.std(1).mean() > 0.05  # over photos
    assert features.std(0).mean() > 0.05  # over users
    assert (features > 0).float().mean() > 0.2


def test_what_is_generated_differs_in_all_directions() -> None:
    network = hypernet(HyperNetOptions(size=64))
    one, other = (net.fc for net in network.stream(numbers(1, 2)))
    values = torch.linalg.svdvals(one - other)
    assert values[100] > 0.05 * values[0]
    flat = hypernet(HyperNetOptions(size=64, gain_rank=0))
    one, other = (net.fc for net in flat.stream(numbers(1, 2)))
    values = torch.linalg.svdvals(one - other)
    assert values[2 * 8] < 1e-3 * values[0]


def test_parameters_are_few() -> None:
    count = sum(parameter.numel() for parameter in HyperNet(HyperNetOptions()).parameters())
    assert 2_300_000 < count < 2_400_000
    with torch.device("meta"):
        published = HyperNet(HyperNetOptions(size=256))
        assert sum(parameter.numel() for parameter in published.parameters()) <= LARGEST == 20_000_000
    with pytest.raises(UsageError, match="too many parameters"):
        HyperNet(HyperNetOptions(size=1024))


def test_the_base_can_have_a_rate_of_its_own() -> None:
    network = hypernet()
    base = network.base()
    assert set(base) == set(SMALL.shapes())
    assert all(isinstance(tensor, nn.Parameter) for tensor in base.values())


@pytest.mark.parametrize("shape", [(255,), (1, 256), (0,)])
def test_latents_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="another shape"):
        hypernet().generate(torch.zeros(shape))
    with pytest.raises(UsageError, match="another shape"):
        hypernet().stream(torch.zeros(2, 255))
