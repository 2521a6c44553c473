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
    text = resources.files("masquerade.service.masknets").joinpath("leaks.json").read_text(encoding="utf-8")
    return Leaks.model_validate_json(text)


def open_registration_warning(people_a_day: int) -> tuple[str, ...]:
    """What somebody who opens a provider is told: how many MaskNets that gives away, and what was measured of them.

    Args:
        people_a_day: Who may join without an invitation.

    Returns:
        One line for each thing.
    """
    leaks = measured_leaks()
    one, most = leaks.recognised[0], leaks.recognised[-1]
    off = {share.masknets: share.value for share in leaks.removed}
    few, many = (
        f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%}) with {share.masknets}"
        for share in (one, most)
    )
    return (
        f"open: {people_a_day} a day join without an invitation; whoever joins k times holds k MaskNets, "
        f"up to {30 * people_a_day} in 30 days",
        f"measured ({leaks.study}, {leaks.people} people): a tracker that learned from photos whose cloaks its owner "
        f"took off, with MaskNets collected, recognises {few} and {many}; {leaks.clean.value:.0%} where nobody "
        f"cloaks, {leaks.chance:.0%} by guessing",
        f"of a cloak's energy it takes {off[one.masknets]:.0%} off with {one.masknets}, "
        f"{off[most.masknets]:.0%} with {most.masknets}",
    )
