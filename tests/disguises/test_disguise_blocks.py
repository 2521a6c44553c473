"""Block disguises against the slow oracle, over shapes, sizes, variants and combinations."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from disguise_oracle import disguised
from masquerade.disguises import BlockMatrix, BlockPermutation, Chain, Disguise
from masquerade.disguises.blocks.keyed import KeyedBlocks
from masquerade.disguises.blocks.matrix import MatrixKind, Variant
from masquerade.keys import Key

KEY = Key.from_secret(b"an audit's key of known bytes...")

Layout = tuple[tuple[int, int, int], tuple[int, int]]

side = st.integers(1, 5)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    block = draw(side), draw(side)
    return (draw(st.integers(1, 3)), draw(side) * block[0], draw(side) * block[1]), block


def images_of(shape: tuple[int, int, int], n: int = 3) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (n, *shape)).astype(np.uint8)


def same(result: torch.Tensor, expected: np.ndarray) -> bool:
    return np.abs(result.numpy() - expected).max() < 1e-5 * max(1.0, np.abs(expected).max())


@settings(max_examples=60, deadline=None)
@example(
    ((2, 2, 2), (1, 1)), "block", "orthogonal", False, False
)  # 2 x 2 matrices, though not on a row of two
@example(((1, 4, 2), (2, 1)), "block", "gaussian", True, False)
@example(((1, 2, 4), (1, 2)), "block", "uniform01", True, True)
@given(
    layouts(),
    st.sampled_from(["rows", "block"]),
    st.sampled_from(["orthogonal", "rotation", "gaussian", "uniform01"]),
    st.booleans(),
    st.booleans(),
)
def test_matrices_follow_the_paper(
    layout: Layout, variant: Variant, kind: MatrixKind, per_channel: bool, floating: bool
) -> None:
    shape, block = layout
    images = images_of(shape)
    disguise = BlockMatrix(block, variant, kind, per_channel)
    result = disguise.with_key(KEY, shape)(
        torch.from_numpy(images.astype(np.float32) if floating else images)
    )
    assert same(result, disguised(disguise.describe(), KEY, images))


@settings(max_examples=30, deadline=None)
@given(layouts())
def test_permutation_follows_the_paper(layout: Layout) -> None:
    shape, block = layout
    images = images_of(shape)
    disguise = BlockPermutation(block)
    result = disguise.with_key(KEY, shape)(torch.from_numpy(images))
    assert np.array_equal(result.numpy(), disguised(disguise.describe(), KEY, images))


parts = st.one_of(
    st.builds(BlockPermutation, st.sampled_from([2, 4])),
    st.builds(BlockMatrix, st.sampled_from([2, 4]), st.sampled_from(["rows", "block"])),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(parts, max_size=5))
def test_a_chain_does_its_parts_one_by_one(chosen: list[Disguise]) -> None:
    shape = (2, 8, 12)
    images = torch.from_numpy(images_of(shape))
    chain = Chain(tuple(chosen))
    keyed = chain.with_key(KEY, shape)
    assert same(keyed(images), disguised(chain.describe(), KEY, images.numpy()))
    assert (keyed.restore(keyed(images)) - images).abs().max() < 1e-2


def test_matrices_and_permutation_are_one_pass() -> None:
    keyed = Chain((BlockMatrix(4), BlockPermutation(4), BlockMatrix(4))).with_key(KEY, (1, 8, 8))
    assert [type(stage) for stage in keyed._stages] == [KeyedBlocks]


@pytest.mark.parametrize(("variant", "per_channel"), [("rows", True), ("block", False)])
def test_channels_by_default(variant: str, per_channel: bool) -> None:
    assert BlockMatrix(4, variant).per_channel is per_channel


@pytest.mark.parametrize(("kind", "signs"), [("orthogonal", {-1, 1}), ("rotation", {1})])
def test_determinants(kind: str, signs: set[int]) -> None:
    keyed = BlockMatrix(2, matrix=kind).with_key(KEY, (1, 16, 16))
    matrices = keyed._map.matrices
    assert set(np.rint(np.linalg.det(matrices)).flatten()) == signs
    assert np.allclose(matrices @ matrices.swapaxes(-1, -2), np.eye(2))


def test_gaussian_matrices_keep_lengths_on_average() -> None:
    keyed = BlockMatrix(8, "block", "gaussian").with_key(KEY, (1, 64, 64))
    images = torch.rand(8, 1, 64, 64)
    assert keyed(images).norm() / images.norm() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("n", [1, 15, 16, 64, 65, 130])
@pytest.mark.parametrize("block", [2, 7, 14])
def test_parts_of_a_batch_are_put_together(n: int, block: int) -> None:
    keyed = BlockMatrix(block, "block").with_key(KEY, (1, 28, 28))
    images = torch.from_numpy(images_of((1, 28, 28), 130))
    whole = keyed(images)
    assert (keyed(images[-n:]) - whole[-n:]).abs().max() < 1e-4 * whole.abs().max()


def test_shape_and_size_have_matrices_of_their_own() -> None:
    first = BlockMatrix(4).with_key(KEY, (1, 8, 8))._map.matrices[0]
    for block, shape in (((2, 4), (1, 8, 8)), (4, (1, 8, 16)), (4, (3, 8, 8))):
        assert not np.allclose(first[0], BlockMatrix(block).with_key(KEY, shape)._map.matrices[0, 0])
