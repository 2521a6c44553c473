"""Crafting photos from Python: what the command's recipe gives, in the caller's container, with consent."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from crafted_examples import network_files
from masquerade.api.crafting import craft
from masquerade.crafting.shipped import open_split
from masquerade.data import builtin
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyFile
from masquerade.owner.craft_folder import crafting_recipe

KEY = Key.from_secret(bytes(range(32)))
FACES = builtin.orl(64, 64).images[:2].expand(-1, 3, -1, -1).contiguous().numpy()


def test_one_pass_gives_what_the_commands_recipe_gives() -> None:
    recipe = crafting_recipe("crafter-amortised")
    expected = recipe.whole().with_key(KEY, recipe.shape)(torch.from_numpy(FACES))
    found = craft(FACES, KEY, amortised=True, accept_broken=True)
    assert found.dtype == np.float32
    assert torch.equal(torch.from_numpy(found), expected)
    tensor = craft(torch.from_numpy(FACES), KEY, amortised=True, accept_broken=True)
    assert torch.equal(tensor, expected)
    last = craft(FACES.transpose(0, 2, 3, 1) / 255, KEY, amortised=True, accept_broken=True, scale="0-1")
    assert (last == found).all()
    one = craft(FACES[0], KEY, amortised=True, accept_broken=True)
    assert one.shape == expected.shape[1:]
    assert np.allclose(one, found[0], atol=1e-4)


def test_step_by_step_takes_the_callers_networks_and_numbers(tmp_path: Path) -> None:
    KEY.save(tmp_path / "owner.key")
    files = network_files(tmp_path)
    how: dict[str, Any] = {"split": files["encoder"], "generator": files["generator"], "accept_broken": True}
    side = open_split(files["encoder"]).network.options.side
    photos = FACES[:2, :, :side, :side]
    few = craft(photos, KeyFile(tmp_path / "owner.key"), iterations=2, **how)
    assert (craft(photos, tmp_path / "owner.key", iterations=2, **how) == few).all()
    assert (craft(photos, KEY, iterations=1, **how) != few).any()


def test_consent_is_asked_for() -> None:
    with pytest.raises(UsageError, match=r"not known to hold: crafter-amortised.*BROKEN.*accept_broken=True"):
        craft(FACES, KEY, amortised=True)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"amortised": True, "iterations": 3}, "iterations do not go"),
        ({"refine": 3}, "refine goes with amortised"),
        ({"amortised": True, "beta": 99.0}, "beta"),
        ({"split": "split-2"}, "split-2"),
    ],
)
def test_numbers_that_do_not_go_together_are_refused(how: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        craft(FACES, KEY, accept_broken=True, **how)  # type: ignore[arg-type]


def test_photos_of_another_size_and_keys_that_are_none_are_named() -> None:
    with pytest.raises(UsageError, match=r"64 rows.*shape \(2, 3, 32, 32\), uint8.*in X"):
        craft(FACES[:, :, :32, :32], KEY, amortised=True, accept_broken=True)
    with pytest.raises(UsageError, match="not a key: int"):
        craft(FACES, 7, amortised=True, accept_broken=True)  # type: ignore[arg-type]
