"""Every attack breaks what it is made to break, at a small size, and nothing where the truth is shuffled."""

from dataclasses import dataclass, fields, replace
from typing import ClassVar, final

import numpy as np
import pytest
import torch
from control_scenes import Scene, pixels, scenes

from feature_attack_examples import own_faces
from masquerade.attacks import EVERY_ATTACK
from masquerade.attacks.base import Attack, Control, Guess, Sight, View
from masquerade.attacks.blocks.norm_fingerprint import NormFingerprint
from masquerade.disguises import BlockMatrix
from masquerade.errors import ContractBroken
from masquerade.guesses import Labels, Membership, Ranking, Reconstruction, Tracking
from masquerade.testing import check_attack

NAMES = [attack.name for attack in EVERY_ATTACK]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    file = tmp_path_factory.mktemp("generator") / "tiny.safetensors"
    file.write_bytes(own_faces()[0])
    return scenes(file)


@pytest.mark.parametrize("name", NAMES)
def test_it_breaks_what_it_must(known: dict[str, Scene], name: str) -> None:
    if name in known:
        attack, build = known[name]
        check_attack(attack, build())
    else:  # its own control, on the built-in faces
        check_attack(next(kind for kind in EVERY_ATTACK if kind.name == name)())


@final
@dataclass(frozen=True)
class Nothing(Attack):
    """Guesses zeros of the kind that another attack guesses."""

    like: Guess
    name: ClassVar[str] = "nothing"
    needs: ClassVar[frozenset[Sight]] = frozenset()
    control: ClassVar[Control] = Control("control-rows4", "linkage", 0.9, "a test")

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        first = fields(self.like)[0].name
        return replace(self.like, **{first: torch.zeros_like(getattr(self.like, first))})


@pytest.mark.parametrize(
    "kind", [Ranking, Reconstruction, Labels, Membership, Tracking], ids=lambda kind: kind.__name__
)
def test_an_attack_that_returns_zeros_fails(known: dict[str, Scene], kind: type[Guess]) -> None:
    quick = {
        Ranking: "norm_fingerprint",
        Reconstruction: "jigsaw",
        Labels: "class_sizes",
        Membership: "class_membership",
        Tracking: "tracker",
    }
    attack, build = known[quick[kind]]
    case = build()
    guess = attack(case.view, np.random.default_rng(0))
    assert isinstance(guess, kind)
    with pytest.raises(ContractBroken, match="does not break"):
        check_attack(Nothing(guess), case)


@final
@dataclass(frozen=True)
class SameRow(Attack):
    """Answers that row k is candidate k, and looks at nothing."""

    name: ClassVar[str] = "same_row"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES})
    control: ClassVar[Control] = Control("control-rows4", "linkage", 0.9, "a test")

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        assert view.candidates is not None
        return Ranking(torch.eye(len(view.released), len(view.candidates)))


def test_an_attack_that_answers_the_same_row_fails() -> None:
    with pytest.raises(ContractBroken, match="does not break"):
        check_attack(SameRow())
    with pytest.raises(ContractBroken, match="does not break"):
        check_attack(SameRow(), pixels(BlockMatrix(4))())


def test_without_a_case_it_is_the_attacks_own_control() -> None:
    assert check_attack(NormFingerprint()) >= NormFingerprint.control.at_least


def test_what_is_no_attack_is_refused() -> None:
    with pytest.raises(ContractBroken, match="no attack"):
        check_attack("norm_fingerprint")  # type: ignore[arg-type]
