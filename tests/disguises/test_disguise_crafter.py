"""Crafter as a disguise: batches, queries, bad input; and its recipes."""

import pytest
import torch

from crafter_disguise_examples import SETTINGS, SETTINGS_Z, tiny_faces, tiny_split
from masquerade.disguises import Crafter, CrafterZ, SplitEncode, from_description
from masquerade.disguises.features.keyed_generator import generator_of
from masquerade.errors import CraftingError, UsageError
from masquerade.keys import Key
from masquerade.recipes import recipe

SHAPE = (3, 16, 16)
KEY = Key.from_secret(bytes(range(32)))
PHOTOS = torch.randint(0, 256, (6, *SHAPE), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
CRAFTER = Crafter(tiny_split(), tiny_faces(), SETTINGS, batch=4)


def test_batches_are_crafted_by_themselves_the_last_one_too() -> None:
    keyed = CRAFTER.with_key(KEY, SHAPE)
    together = keyed(PHOTOS)
    assert torch.equal(together, torch.cat([keyed(PHOTOS[:4]), keyed(PHOTOS[4:])]))
    assert not torch.allclose(keyed(PHOTOS[4:5]), together[4:5])  # another batch, another critic


def test_another_query_draws_anew_and_the_same_one_does_not() -> None:
    keyed = CRAFTER.with_key(KEY, SHAPE)
    assert torch.equal(keyed.again(PHOTOS, 0), keyed(PHOTOS))
    assert torch.equal(keyed.again(PHOTOS, 1), keyed.again(PHOTOS, 1))
    assert not torch.allclose(keyed.again(PHOTOS, 1), keyed(PHOTOS))


def test_the_whole_state_of_a_generator_comes_from_the_stream() -> None:
    mine, again, other = (generator_of(KEY.stream(name)) for name in ("a", "a", "b"))
    numbers = torch.rand(5000, generator=mine)
    assert torch.equal(numbers, torch.rand(5000, generator=again))
    assert not torch.equal(numbers, torch.rand(5000, generator=other))
    assert abs(float(numbers.mean()) - 0.5) < 0.02


def test_nan_is_named() -> None:
    photos = PHOTOS.float()
    photos[1, 0, 0, 0] = float("nan")
    with pytest.raises(CraftingError, match="not finite"):
        CRAFTER.with_key(KEY, SHAPE)(photos)


@pytest.mark.parametrize("kind", [SplitEncode, Crafter, CrafterZ])
def test_photos_of_another_size_are_refused(kind: type) -> None:
    parts = () if kind is SplitEncode else (tiny_faces(),)
    with pytest.raises(UsageError, match="another shape than the encoder"):
        kind(tiny_split(), *parts).with_key(KEY, (3, 32, 32))


def test_wrong_parameters_are_named() -> None:
    with pytest.raises(UsageError, match="not a split network"):
        SplitEncode(4)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="not a face generator"):
        Crafter(tiny_split(), tiny_split())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="settings that CrafterZ cannot take"):
        CrafterZ(tiny_split(), tiny_faces(), {"solver": "fast"})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="number of photos in a batch"):
        CrafterZ(tiny_split(), tiny_faces(), SETTINGS_Z, batch=0)


def test_a_recipe_changes_numbers_and_keeps_the_others() -> None:
    before = recipe("crafter").whole()
    assert before.describe()["amortiser"]["name"] == "amortiser-1"
    assert from_description(before.describe()) == before
    after = recipe("crafter").changed({"beta": 2.0, "batch": 8}).whole()
    assert isinstance(before, Crafter)
    assert isinstance(after, Crafter)
    assert after.batch == 8
    assert after.settings == before.settings.model_copy(update={"beta": 2.0})
    assert recipe("crafter-none").whole().describe()["split"]["name"] == "split-1"
