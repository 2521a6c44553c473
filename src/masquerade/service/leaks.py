"""What was measured of attackers who hold several MaskNets: an extract of the study ``hyperobf_collusion``."""

from functools import cache
from importlib import resources
from typing import final

from pydantic import BaseModel, ConfigDict


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@final
class Share(_Plain):
    """A share, 0 to 1, with its 95 % interval, where an attacker holds so many MaskNets."""

    masknets: int
    value: float
    low: float
    high: float


@final
class Leaks(_Plain):
    """The extract.

    Args:
        study: Name of the study.
        digest: Of its report.
        people: Users that were measured.
        chance: Share recognised by guessing.
        clean: Share recognised where nobody cloaks.
        recognised: Share of clean photos recognised by a tracker that learned from cloaked ones, inverted.
        removed: Share of a cloak's energy that inversion takes off.
    """

    study: str
    digest: str
    people: int
    chance: float
    clean: Share
    recognised: tuple[Share, ...]
    removed: tuple[Share, ...]


@cache
def measured_leaks() -> Leaks:
    """The extract that comes with this version."""
    text = resources.files("masquerade.service").joinpath("leaks.json").read_text(encoding="utf-8")
    return Leaks.model_validate_json(text)
