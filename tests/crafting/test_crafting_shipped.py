"""Crafter's networks by name: they ship, fit each other, and are told from others."""

from pathlib import Path

import pytest
import torch

from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.crafting.shipped import amortiser_for, open_amortiser, open_generator, open_split
from masquerade.errors import ModelError, UsageError

WEIGHTS = Path(open_split.__code__.co_filename).parent / "weights"


def test_the_shipped_networks_fit_each_other() -> None:
    generator, split = open_generator(), open_split()
    rebuild = LatentDecoder(generator.network, split.network, generator.latents)
    latents = torch.randn(8, generator.latents, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        features = rebuild.features(latents)
    assert tuple(features.shape[1:]) == (32, 16, 16)
    assert len(split.attributes) == split.network.options.attributes == 40
    assert not any(p.requires_grad for p in split.network.parameters())


def test_the_shipped_amortiser_finds_latents_of_generated_faces() -> None:
    generator, split = open_generator(), open_split()
    amortiser = amortiser_for(generator, split)
    assert amortiser is not None
    rebuild = LatentDecoder(generator.network, split.network, generator.latents)
    latents = torch.randn(32, generator.latents, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features = rebuild.features(latents)
        error = (rebuild.features(amortiser.network(features)) - features).square().mean()
        blind = (rebuild.features(torch.zeros_like(latents)) - features).square().mean()
    assert error < 0.7 * blind


def test_names_and_files_give_equal_networks(tmp_path: Path) -> None:
    for opened, name in (
        (open_generator, "faces-1"),
        (open_generator, "faces-style"),
        (open_split, "split-1"),
    ):
        copy = tmp_path / "copy.safetensors"
        copy.write_bytes((WEIGHTS / f"{name}.safetensors").read_bytes())
        assert opened(name) == opened(copy)
        assert hash(opened(name)) == hash(opened(copy))
        assert opened(name).describe() == {"name": name, "digest": opened(copy).digest}
    assert open_generator() != open_split()


def test_what_is_not_there_or_does_not_fit_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no such face generator.*generator train.*faces-1"):
        open_generator(tmp_path / "none")
    with pytest.raises(UsageError, match=r"no such split network.*encoder train.*split-1"):
        open_split("split-2")
    with pytest.raises(UsageError, match="no such amortiser"):
        open_amortiser("none", open_generator(), open_split())
    with pytest.raises(ModelError, match="is a split network, not a face generator"):
        open_generator(WEIGHTS / "split-1.safetensors")
