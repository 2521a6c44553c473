"""Disguises of feature maps: what they do to tokens, and what the several keys tell."""

import numpy as np
import pytest
import torch
from torch import Tensor

from masquerade.disguises import BlockPermutation, Chain, ManyKeys, Noise, TokenMatrix, TokenNetwork
from masquerade.disguises.tokens.matrix import conditioned
from masquerade.keys import Key

KEY = Key.from_secret(bytes(32))
SHAPE = (192, 7, 7)


def maps(n: int = 8, seed: int = 0) -> Tensor:
    return torch.randn(n, *SHAPE, generator=torch.Generator().manual_seed(seed))


def tokens(features: Tensor) -> Tensor:
    return features.flatten(2).transpose(1, 2).reshape(-1, features.shape[1])


def test_patch_permutation_moves_whole_tokens_alike_in_every_map() -> None:
    moved = tokens(BlockPermutation(1).with_key(KEY, SHAPE)(maps(2))).view(2, 49, -1)
    order = torch.cdist(moved[0], tokens(maps(2))[:49]).argmin(1)
    assert sorted(order.tolist()) == list(range(49))
    assert order.tolist() != list(range(49))
    assert torch.equal(moved, tokens(maps(2)).view(2, 49, -1)[:, order])


def test_xnn_in_a_chain_is_permutation_then_matrix_and_can_be_undone() -> None:
    xnn = Chain((BlockPermutation(1), TokenMatrix())).keyed(KEY, SHAPE)
    obfuscated = xnn(maps())
    alone = TokenMatrix().with_key(KEY.derive("part 1"), SHAPE)
    assert torch.equal(obfuscated, alone(BlockPermutation(1).with_key(KEY.derive("part 0"), SHAPE)(maps())))
    assert (xnn.restore(obfuscated) - maps()).abs().max() < 1e-3


def test_five_leaked_maps_give_the_matrix_away() -> None:
    keyed = TokenMatrix().with_key(KEY, SHAPE)
    known = maps(5)
    found = torch.linalg.lstsq(tokens(known), tokens(keyed(known))).solution
    other = maps(3, seed=1)
    assert (tokens(other) @ found - tokens(keyed(other))).abs().max() < 1e-2


@pytest.mark.parametrize("seed", range(6))
def test_the_condition_number_keeps_to_its_bound(seed: int) -> None:
    stream = Key.from_secret(bytes([seed]) * 32).stream("test")
    matrix = conditioned(stream, 24, 1.5 * 24)
    assert np.linalg.cond(matrix) <= 1.5 * 24
    assert 0.7 < matrix.std() * 24**0.5 < 1.3


def test_the_first_matrix_of_the_stream_may_be_refused() -> None:
    first = [
        Key.from_secret(bytes([seed]) * 32).stream("test").normal(576).reshape(24, 24) for seed in range(6)
    ]
    assert max(np.linalg.cond(matrix) for matrix in first) > 1.5 * 24


def test_orthogonal_matrices_keep_inner_products_and_gaussian_ones_do_not() -> None:
    before = tokens(maps(1)) @ tokens(maps(1)).T
    for kind, kept in (("orthogonal", True), ("gaussian", False)):
        after = tokens(TokenMatrix(kind).with_key(KEY, SHAPE)(maps(1)))  # type: ignore[arg-type]
        assert torch.allclose(after @ after.T, before, atol=1e-2) == kept


@pytest.mark.parametrize("network", [TokenNetwork(), TokenNetwork(2, act="tanh", gain=2.0)])
def test_no_linear_map_does_what_the_network_does(network: TokenNetwork) -> None:
    keyed = network.with_key(KEY, SHAPE)
    known, other = maps(40), maps(4, seed=1)
    found = torch.linalg.lstsq(tokens(known), tokens(keyed(known))).solution
    wrong = tokens(other) @ found - tokens(keyed(other))
    assert wrong.square().mean() > 0.2 * tokens(keyed(other)).var()


def test_the_network_does_not_see_the_length_of_a_token() -> None:
    keyed = TokenNetwork().with_key(KEY, SHAPE)
    assert torch.allclose(keyed(maps()), keyed(3 * maps()), atol=1e-5)
    assert keyed(torch.zeros(1, *SHAPE)).isfinite().all()


def test_every_photo_states_its_key_and_keys_are_used_alike() -> None:
    keyed = ManyKeys(TokenMatrix(), keys=4).with_key(KEY, SHAPE)
    planes = keyed(maps(200))[:, 192:]
    assert planes.unique().tolist() == [0, 1]
    assert torch.equal(planes.sum(1), torch.ones(200, 7, 7))
    assert planes[:, :, 0, 0].sum(0).min() > 25


def test_each_key_is_another_one_and_a_photo_keeps_its_own() -> None:
    many = ManyKeys(TokenMatrix(), keys=3).keyed(KEY, SHAPE)
    chosen = many(maps(30))[:, 192:, 0, 0].argmax(1).tolist()
    for row, j in enumerate(chosen):
        one = TokenMatrix().with_key(KEY.derive(f"key {j}"), SHAPE)
        assert torch.allclose(many(maps(30)[[row]])[:, :192], one(maps(30)[[row]]), atol=1e-5)
    assert set(chosen) == {0, 1, 2}


def test_slots_hold_the_same_numbers_as_planes() -> None:
    planes, slots = (
        ManyKeys(TokenMatrix(), keys=3, told=told).keyed(KEY, SHAPE)(maps()) for told in ("planes", "slots")
    )
    assert torch.equal(slots.unflatten(1, (3, 192)).sum(1), planes[:, :192])
    assert (slots.unflatten(1, (3, 192)).abs().sum((2, 3, 4)) > 0).sum(1).eq(1).all()


def test_noise_serves_feature_maps_too() -> None:
    noise = Noise(0.5).with_key(KEY, SHAPE)(maps()) - maps()
    assert 0.24 < noise.mean() < 0.26
    assert noise.max() <= 0.5001
    assert not torch.equal(noise[0], noise[1])
