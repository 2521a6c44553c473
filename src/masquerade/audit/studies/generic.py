"""Attacks and curves that every study runs without naming them: those that ask for no recipe."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from masquerade.audit.studies.smaller import smaller_attack
from masquerade.audit.studies.study_text import read_toml

if TYPE_CHECKING:
    from masquerade.audit.studies.study import ArmSpec, AttackSpec, CurveSpec, DataSpec, ProfileSpec, Resolved

FILE: Final = Path(__file__).parents[2] / "studies" / "attacks" / "generic.toml"
QUICK: Final[Mapping[str, int]] = {"keys": 2, "photos": 100, "steps": 20, "queries": 64}
"""Options at most at the quick profile."""
QUICK_IMAGES: Final = 150
"""Released images at most at the quick profile."""
SLOW: Final[Mapping[str, int]] = {"keys": 1, "steps": 50}
"""Options at most where protecting one photo takes seconds, beside as many photos as the arm protects."""
_FEWEST_SLOW: Final = 24
_OF_PEOPLE: Final = frozenset({"vector_identity", "public_recogniser"})
"""Attacks that name people, which digits and objects are not."""


@cache
def generic_text() -> dict[str, Any]:
    """What the shared file says, as plain data."""
    return read_toml(FILE)


def names_of_generic() -> set[str]:
    """Names of the generic attacks."""
    return {attack["name"] for attack in generic_text()["attacks"]}


def generic_part(study: "Resolved", change: "ProfileSpec") -> tuple[list["AttackSpec"], list["CurveSpec"]]:
    """The generic attacks of a study at its profile, and their curves over all its arms; none where it says so.

    Attacks that the study names itself stay its own.
    """
    from masquerade.audit.studies.study import AttackSpec, CurveSpec  # here, since that module needs this one

    if not study.study.generic:
        return [], []
    quick = study.profile == "quick"
    taken = {attack.title for attack in study.study.attacks} | set(change.without_attacks)
    said = [attack for attack in _attacks(study.data, quick) if attack["name"] not in taken]
    most = {**(QUICK if quick else {}), **change.at_most}
    attacks = [smaller_attack(AttackSpec.model_validate(attack), most) for attack in said]
    arms, titles = [arm.name for arm in study.arms], {attack.title for attack in attacks}
    drawn = [curve for curve in generic_text()["curves"] if curve["attack"] in titles]
    curves = [CurveSpec.model_validate({**curve, "arms": arms}) for curve in drawn]
    if quick:  # two points of each
        curves = [curve.model_copy(update={"values": curve.values[1:4:2]}) for curve in curves]
    return attacks, curves


def _attacks(data: "DataSpec", quick: bool) -> list[dict[str, Any]]:
    """The shared file's attacks on the released part of such data."""
    target = "test" if data.unseen or data.private else "train"
    people = data.source not in ("mnist", "cifar10")
    return [
        {
            **attack,
            "target": target,
            "images": min(attack["images"], QUICK_IMAGES) if quick else attack["images"],
            "generic": True,
        }
        for attack in generic_text()["attacks"]
        if people or attack["name"] not in _OF_PEOPLE
    ]


def fitted(spec: "AttackSpec", arm: "ArmSpec", tracked: bool) -> "AttackSpec":
    """A generic attack as an arm gets it: with few photos of the attacker's own where each takes seconds."""
    if not spec.generic or (arm.photos is None and not tracked):
        return spec
    photos = max(_FEWEST_SLOW, arm.photos or 0)
    return smaller_attack(spec, {**SLOW, "photos": photos, "queries": photos})
