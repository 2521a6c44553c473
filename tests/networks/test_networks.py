"""Networks: shapes in, shapes out, known sizes, options and their errors."""

from typing import Any

import pytest
import torch

from masquerade.errors import UsageError
from masquerade.networks import EVERY_NETWORK, build, validated_options
from masquerade.networks.classifiers.input_norm import InputNorm

SMALL = {
    "small-cnn": {"width": 4, "hidden": 16},
    "resnet18": {"width": 4},
    "mlp": {"hidden": 16},
    "block-net": {"block": 4, "width": 8},
    "recnet": {"width": 8, "heads": 2, "depth": 1},
}
NAMES = [kind.name for kind in EVERY_NETWORK]


def test_every_network_has_a_small_version_here() -> None:
    assert set(SMALL) == set(NAMES)
    assert len(set(NAMES)) == len(EVERY_NETWORK)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 56, 64), (1, 112, 112)])
def test_scores_have_one_column_per_class(name: str, shape: tuple[int, int, int]) -> None:
    network = build(name, shape, 5, **SMALL[name])
    assert network(torch.rand(3, *shape) * 255).shape == (3, 5)


@pytest.mark.parametrize("name", NAMES)
def test_bytes_and_floats_of_the_same_values_score_alike(name: str) -> None:
    network = build(name, (3, 16, 16), 5, **SMALL[name]).eval()
    images = torch.randint(256, (3, 3, 16, 16), dtype=torch.uint8)
    assert torch.equal(network(images), network(images.float()))


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_gets_a_gradient(name: str) -> None:
    network = build(name, (3, 16, 16), 5, **SMALL[name])
    network(torch.randn(8, 3, 16, 16)).square().sum().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("name", NAMES)
def test_recognition_vectors_are_what_the_head_tells_classes_by(name: str) -> None:
    network = build(name, (3, 16, 16), 5, **SMALL[name]).eval()
    images = torch.rand(4, 3, 16, 16) * 255
    vectors = network.embed(images)
    assert vectors.shape == (4, network.embedding_size)
    assert vectors.dtype == torch.float32
    assert vectors.isfinite().all()
    assert torch.equal(network.head(vectors), network(images))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert network.embed(images).dtype == torch.float32


@pytest.mark.parametrize("name", NAMES)
def test_no_hidden_layer_stands_between_vector_and_scores(name: str) -> None:
    network = build(name, (3, 16, 16), 5, **SMALL[name]).eval()
    head, (a, b) = network.head, torch.randn(2, 1, network.embedding_size)
    torch.testing.assert_close(head((a + b) / 2), (head(a) + head(b)) / 2)


@pytest.mark.parametrize("name", NAMES)
def test_images_of_another_shape_are_refused(name: str) -> None:
    network = build(name, (3, 16, 16), 5, **SMALL[name])
    with pytest.raises(UsageError, match="another shape"):
        network(torch.rand(2, 1, 16, 16))


@pytest.mark.parametrize(
    ("name", "shape", "options", "parameters"),
    [
        ("small-cnn", (1, 28, 28), {}, 3_274_634),
        ("resnet18", (3, 32, 32), {}, 11_173_962),
        ("resnet18", (3, 112, 112), {}, 11_173_962),
        ("mlp", (3, 32, 32), {"hidden": 512}, 512 * (3072 + 512 + 6) + 10 * 513),
        # 16 blocks of 192 numbers, each with a map and a bias; no mixing layers; norm and head.
        ("block-net", (3, 32, 32), {"width": 64, "depth": 0}, 16 * 193 * 64 + 128 + 650),
        (
            "block-net",
            (3, 32, 32),
            {"width": 64, "depth": 0, "embedding": "shared"},
            192 * 64 + 16 * 64 + 778,
        ),
    ],
)
def test_sizes_are_the_known_ones(
    name: str, shape: tuple[int, int, int], options: dict[str, Any], parameters: int
) -> None:
    assert build(name, shape, 10, **options).count_parameters() == parameters


def test_block_net_sees_no_border_of_the_disguise() -> None:
    """Permuting the blocks and the first layer's maps alike changes nothing in the tokens' set."""
    network = build("block-net", (1, 8, 8), 3, block=4, width=8, depth=0).eval()
    images = torch.randn(2, 1, 8, 8)
    order = torch.tensor([2, 0, 3, 1])
    blocks = network.grid.cut(images)
    before = network(images)
    with torch.no_grad():
        network.embedding.weight.copy_(network.embedding.weight[order])
        network.embedding.bias.copy_(network.embedding.bias[order])
    torch.testing.assert_close(network(network.grid.join(blocks[order])), before)
    assert not torch.allclose(network(images), before)


def test_large_images_are_strided_down_by_the_stem() -> None:
    assert build("resnet18", (3, 48, 48), 2, width=4).stem[0].stride == (1, 1)
    assert build("resnet18", (3, 112, 112), 2, width=4).stem[0].stride == (2, 2)
    assert build("resnet18", (3, 112, 112), 2, width=4, stem_stride=4).stem[0].stride == (4, 4)


def test_a_wrong_name_is_answered_with_the_closest() -> None:
    with pytest.raises(UsageError, match=r"resnet-18.*Did you mean resnet18\?"):
        build("resnet-18", (3, 32, 32), 10)


@pytest.mark.parametrize("options", [{"widht": 8}, {"width": 0}, {"width": "wide"}, {"input_norm": "batch"}])
def test_a_wrong_option_is_named_with_the_valid_ones(options: dict[str, Any]) -> None:
    known = "dropout, head, input_norm, scale, stem_stride, width"
    with pytest.raises(UsageError, match=rf"{next(iter(options))}.*{known}"):
        validated_options("resnet18", options)


@pytest.mark.parametrize(("shape", "classes"), [((3, 0, 8), 4), ((3, 8, 8), 1)])
def test_impossible_shapes_are_refused(shape: tuple[int, int, int], classes: int) -> None:
    with pytest.raises(UsageError, match="two classes"):
        build("mlp", shape, classes)


def test_blocks_that_do_not_tile_are_refused() -> None:
    with pytest.raises(UsageError, match="tile"):
        build("block-net", (3, 30, 30), 4, block=8)


@pytest.mark.parametrize("per_position", [False, True])
def test_input_norm_takes_the_statistics_of_all_batches(per_position: bool) -> None:
    images = torch.randn(50, 2, 4, 4) * torch.tensor([3.0, 40.0])[:, None, None] + torch.arange(16.0).reshape(
        4, 4
    )
    norm = InputNorm((2, 4, 4), per_position=per_position)
    norm.fit(images.split(7))
    over = (0,) if per_position else (0, 2, 3)
    out = norm(images)
    torch.testing.assert_close(out.mean(over), torch.zeros_like(out.mean(over)), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.std(over, correction=0), torch.ones_like(out.mean(over)))


def test_input_norm_does_not_blow_up_constant_positions() -> None:
    images = torch.randn(20, 1, 4, 4) * 50
    images[:, :, 0, 0] = 7
    norm = InputNorm((1, 4, 4), per_position=True)
    norm.fit([images])
    assert norm(images + 1).abs().max() < 10
    constant = InputNorm((1, 4, 4))
    constant.fit([torch.full((5, 1, 4, 4), 9.0)])
    assert torch.equal(constant(torch.full((1, 1, 4, 4), 9.0)), torch.zeros(1, 1, 4, 4))
