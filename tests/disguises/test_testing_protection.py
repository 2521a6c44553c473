"""The checks for strangers: a protection elsewhere passes them, and each fault is found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from masquerade.disguises import Disguise, Keyed
from masquerade.errors import ContractBroken
from masquerade.keys import Key
from masquerade.testing import check_protection
from masquerade.traits import Traits
from outside.signs import KeyedSigns, SecretSigns

Shape = tuple[int, int, int]


def test_a_protection_from_elsewhere_passes() -> None:
    check_protection(SecretSigns())


class Wrong(KeyedSigns):
    """The signs of one key, with a fault in what it answers."""

    def __init__(self, good: KeyedSigns, fault: Callable[[Tensor], Tensor]) -> None:
        super().__init__(good.shape, good._places, good._signs)
        self._fault = fault

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        return self._fault(super().disguise(images, nonces))


@dataclass(frozen=True)
class Faulty(Disguise):
    """Declares and answers what a test says."""

    fault: ClassVar[Callable[[Tensor], Tensor]] = staticmethod(lambda answers: answers)
    keyed_by_secret = True
    per_image = True
    restorable = True
    traits = Traits(True, True, True, True)

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        made = SecretSigns().keyed(key, shape)
        assert isinstance(made, KeyedSigns)
        return Wrong(made, type(self).fault)


def test_without_a_fault_it_passes() -> None:
    check_protection(Faulty())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"keyed_by_secret": False}, "keyed_by_secret"),
        ({"per_image": False}, "per_image"),
        ({"restorable": False}, "must refuse"),
        ({"traits": Traits(False, True, True, True)}, "deterministic"),
        ({"traits": Traits(True, False, True, True)}, "linear"),
        ({"traits": Traits(True, True, False, True)}, "same_map"),
        ({"traits": Traits(True, True, True, False)}, "keeps_inner_products"),
        ({"fault": staticmethod(lambda answers: answers - answers.mean(0))}, "per_image"),
        ({"fault": staticmethod(lambda answers: answers + torch.rand(answers.shape))}, "other bits"),
        ({"fault": staticmethod(lambda answers: answers.double())}, "float32"),
        ({"fault": staticmethod(lambda answers: answers.sqrt())}, "finite"),
        ({"fault": staticmethod(lambda answers: answers.flatten(1))}, "another shape"),
        ({"fault": staticmethod(lambda answers: answers.abs())}, "not the originals"),
    ],
    ids=lambda part: part if isinstance(part, str) else next(iter(part)),
)
def test_what_is_wrong_is_found(change: dict[str, object], problem: str) -> None:
    kind = dataclass(frozen=True)(type("Faulty", (Faulty,), {"__module__": __name__, **change}))
    with pytest.raises(ContractBroken, match=problem):
        check_protection(kind())


def test_parameters_that_can_be_changed_are_found() -> None:
    loose = dataclass(
        type(
            "Loose",
            (SecretSigns.__mro__[1],),
            {
                "__annotations__": {"level": int},
                "level": 3,
                "keyed_by_secret": True,
                "per_image": True,
                "restorable": True,
                "keyed": lambda self, key, shape: SecretSigns().keyed(key, shape),
            },
        )
    )
    with pytest.raises(ContractBroken, match="can be changed"):
        check_protection(loose())


def test_what_is_no_protection_is_refused() -> None:
    with pytest.raises(ContractBroken, match="no protection"):
        check_protection("signs")  # type: ignore[arg-type]
