"""The ciphertext-only attack finds what it should, and nothing where nothing is to be found."""

import numpy as np
import pytest
import torch
from torch import Tensor

from masquerade.attacks.base import Labelled, Reconstruction, View
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.blocks.moments import Moments
from masquerade.attacks.blocks.moments_layout import CellLayout, normalised, second_moment
from masquerade.attacks.blocks.moments_permutation import dependences
from masquerade.attacks.quadratic_assignment import match
from masquerade.disguises import BlockMatrix, BlockNormalise, BlockPermutation, Chain, Disguise, Noise
from masquerade.errors import MissingSight, NotApplicable
from masquerade.keys import Key
from masquerade.metrics.base import Truth
from masquerade.metrics.people.linkage import linkage

SIDE = 16
VICTIMS, PUBLIC = 200, 600


def smooth_images(count: int, seed: int, channels: int = 1) -> Tensor:
    """Random fields whose spectrum falls like a photograph's, over a common picture: ``(n, c, 16, 16)``."""
    rng = np.random.default_rng(seed)
    fields = rng.standard_normal((count, channels, 2 * SIDE, 2 * SIDE))
    fields[:, 1:] = 0.9 * fields[:, :1] + 0.4 * fields[:, 1:]
    frequency = np.hypot(np.fft.fftfreq(2 * SIDE)[:, None], np.fft.rfftfreq(2 * SIDE)[None, :])
    spectrum = np.fft.rfft2(fields) / (0.03 + frequency) ** 1.5
    smooth = np.fft.irfft2(spectrum)[:, :, :SIDE, :SIDE]
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    common = 120 + 50 * np.exp(-((rows - 0.3) ** 2 + (columns - 0.6) ** 2) / 0.1)
    return torch.from_numpy((common + 35 * smooth / smooth.std()).clip(0, 255)).float()


def attacked(disguise: Disguise, channels: int = 1) -> float:
    """Linkage of the attack on images under one key."""
    originals = smooth_images(VICTIMS, 1, channels)
    released = disguise.with_key(Key.from_secret(bytes(32)), tuple(originals.shape[1:]))(originals)
    return linked(released, originals, disguise)


def linked(released: Tensor, originals: Tensor, disguise: Disguise) -> float:
    guess = Moments()(view_of(released, disguise, originals.shape[1]), np.random.default_rng(0))
    assert isinstance(guess, Reconstruction)
    assert guess.images.shape == originals.shape
    return linkage(guess, Truth(originals, torch.arange(len(originals)))).value


def view_of(released: Tensor, disguise: Disguise, channels: int = 1) -> View:
    images = smooth_images(PUBLIC, 2, channels)
    public = Labelled(images, torch.zeros(len(images), dtype=torch.int64))
    return View(released, recipe=disguise.describe(), public=public)


@pytest.mark.parametrize(
    "disguise",
    [
        pytest.param(BlockMatrix(4), id="rows4"),
        pytest.param(Chain((BlockMatrix(4), BlockPermutation(4), Noise(25))), id="rows4, permuted, noise"),
        pytest.param(Chain((BlockMatrix(16), BlockPermutation(16))), id="the whole image as one block"),
        pytest.param(Chain((Noise(25), BlockMatrix(2), BlockPermutation(2))), id="rows2, permuted, noise"),
        pytest.param(Chain((BlockMatrix(4, variant="block"), BlockPermutation(4))), id="block4, permuted"),
        pytest.param(BlockMatrix(4, matrix="gaussian"), id="rows4, gaussian"),
        pytest.param(Chain((BlockNormalise(4), BlockMatrix(4))), id="rows4, normalised"),
        pytest.param(BlockPermutation(4), id="permutation alone"),
    ],
)
def test_originals_are_found_from_released_images_alone(disguise: Disguise) -> None:
    assert attacked(disguise) > 0.95


def test_colour_images_are_found() -> None:
    assert attacked(BlockMatrix(4, per_channel=True), channels=3) > 0.95
    assert attacked(BlockMatrix(4, variant="block", per_channel=False), channels=3) > 0.95


def test_a_fresh_key_for_every_image_leaves_nothing_to_align() -> None:
    # Permuted, because the norms of blocks in place tell images apart under any key: clipping the guess to
    # brightnesses rectifies them into a picture, which is a leak, but not one of moments.
    disguise = Chain((BlockMatrix(4, variant="block"), BlockPermutation(4)))
    originals = smooth_images(VICTIMS, 1)
    shape = (1, SIDE, SIDE)
    released = torch.cat(
        [
            disguise.with_key(Key.from_secret(i.to_bytes(32, "big")), shape)(image[None])
            for i, image in enumerate(originals)
        ]
    )
    assert linked(released, originals, disguise) < 0.08


def test_the_same_seed_gives_the_same_guess() -> None:
    disguise = Chain((BlockMatrix(4), BlockPermutation(4)))
    originals = smooth_images(50, 1)
    view = view_of(disguise.with_key(Key.from_secret(bytes(32)), (1, SIDE, SIDE))(originals), disguise)
    first, second = (Moments()(view, np.random.default_rng(5)) for _ in range(2))
    assert isinstance(first, Reconstruction)
    assert isinstance(second, Reconstruction)
    assert torch.equal(first.images, second.images)
    assert first.up_to_symmetry


def test_public_images_are_needed() -> None:
    with pytest.raises(MissingSight, match="public"):
        Moments()(View(torch.zeros(2, 1, 4, 4), recipe=BlockMatrix(4).describe()), np.random.default_rng(0))


def test_noise_alone_is_not_applicable() -> None:
    with pytest.raises(NotApplicable):
        Moments()(view_of(smooth_images(3, 1), Noise(25)), np.random.default_rng(0))


@pytest.mark.parametrize(("variant", "per_channel"), [("rows", True), ("rows", False), ("block", False)])
def test_cells_join_to_the_images_they_were_cut_from(variant: str, per_channel: bool) -> None:
    images = smooth_images(5, 3, channels=3)
    recipe = BlockRecipe.from_description(BlockMatrix(4, variant=variant, per_channel=per_channel).describe())
    layout = CellLayout.of(recipe, (3, SIDE, SIDE))
    cells = layout.cut(images)
    assert cells.shape == (layout.cells, 5, layout.tied, layout.size)
    assert torch.equal(layout.join(layout.flat(cells)), images)


def test_the_attacker_normalises_as_the_owner_does() -> None:
    images = smooth_images(5, 3, channels=3)
    shape = (3, SIDE, SIDE)
    layout = CellLayout.of(BlockRecipe(block=(4, 4), variant="rows"), shape)
    ours = layout.join(layout.flat(normalised(layout.cut(images), layout.parts)))
    theirs = BlockNormalise(4).with_key(Key.from_secret(bytes(32)), shape)(images)
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-2)


def test_rotations_leave_dependences_between_blocks_as_they_are() -> None:
    disguise = BlockMatrix(4)
    images = smooth_images(300, 4)
    layout = CellLayout.of(BlockRecipe.from_description(disguise.describe()), (1, SIDE, SIDE))
    keyed = disguise.with_key(Key.from_secret(bytes(32)), (1, SIDE, SIDE))
    graphs = [
        dependences(second_moment(layout.flat(layout.cut(shown))), layout)
        for shown in (images, keyed(images))
    ]
    torch.testing.assert_close(graphs[0], graphs[1], rtol=1e-3, atol=1e-4)


def test_a_shuffled_graph_is_put_in_order() -> None:
    rng = np.random.default_rng(6)
    places = torch.cartesian_prod(torch.arange(5.0), torch.arange(6.0))
    graph = (-torch.cdist(places, places) / 3).exp() * torch.from_numpy(
        rng.uniform(0.9, 1.1, (30, 30))
    ).float()
    graph = (graph + graph.T)[None]
    shuffled = torch.from_numpy(rng.permutation(30))
    order = match(graph[:, shuffled][:, :, shuffled], graph, torch.zeros(30, 30), rng)
    assert torch.equal(shuffled[order], torch.arange(30))
