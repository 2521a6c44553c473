"""Which parameters are public networks is declared by each protection, and by no parameter's name."""

from dataclasses import dataclass, fields
from typing import ClassVar

import pytest

from cloak_examples import TINY_FINDERS
from crafter_disguise_examples import tiny_split
from masquerade.crafting.trained import TrainedSplit
from masquerade.disguises import EVERY_DISGUISE, Disguise, Keyed, Noise, from_description
from masquerade.disguises.base import Networks, Shape
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.recipes.deferred import Cloak


@dataclass(frozen=True)
class Somebodys(Disguise):
    """Its network has a name of its own, and its plain data bear the names of networks elsewhere."""

    halves: TrainedSplit
    source: dict[str, float]
    crafter: str = "by hand"

    networks: ClassVar[Networks] = {"halves": "split"}
    settings_in = "source"
    keyed_by_secret = True
    per_image = True
    restorable = False

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        return Noise(1).keyed(key, shape)


def test_a_description_is_read_by_what_the_protection_declares() -> None:
    whole = Somebodys(tiny_split(), {"beta": 2.0})
    assert from_description(whole.describe(), TINY_FINDERS, {"Somebodys": Somebodys}) == whole


def test_a_recipe_opens_what_the_protection_declares() -> None:
    recipe = Cloak(Somebodys, {"halves": "split-1"}, {"source": {"beta": 2.0}})
    opened = recipe.changed({"beta": 3.0, "crafter": "by machine"}).opened()
    assert isinstance(opened, Somebodys)
    assert isinstance(opened.halves, TrainedSplit)
    assert (opened.source, opened.crafter) == ({"beta": 3.0}, "by machine")
    with pytest.raises(UsageError, match="split network"):
        recipe.changed({"halves": "split-none"}).opened()


@pytest.mark.parametrize("kind", EVERY_DISGUISE, ids=lambda kind: kind.__name__)
def test_every_network_among_the_parameters_is_declared(kind: type[Disguise]) -> None:
    words = ("Encoder", "Recogniser", "Source", "Trained")
    own = {each.name for each in fields(kind) if any(word in str(each.type) for word in words)}  # type: ignore[arg-type]
    assert set(kind.networks) == own
