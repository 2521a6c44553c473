"""What a cloak is worth: a sentence from the committed results, which studies/verdicts.py condenses."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from masquerade.cloaking.methods import DEFAULT, current_method

MEASURED: Final = Path(__file__).with_name("cloaks.json")
TRANSFERABLE: Final = Path(__file__).with_name("transferable.json")


@final
class CloakWorth(BaseModel):
    """How a way of cloaking fared against the recogniser that it fooled least.

    Args:
        method: One of ``cloaking.methods.METHODS``.
        recogniser: Its name for readers.
        recognised: Share of other photos of the same people that it recognised, 0 to 1.
        study: Name of the study.
        parameters: Of the cloak as it was measured, without the source of MaskNets.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    method: str
    recogniser: str
    recognised: float
    study: str
    parameters: dict[str, object]

    def __str__(self) -> str:
        return (
            "This cloak does little: of people who had cloaked what they published, software that compares faces "
            f"({self.recogniser}) still recognised {int(100 * self.recognised + 0.5)} of 100 other photos. "
            "Do not rely on it to stay unrecognised."
        )

    def told(self, parameters: Mapping[str, object]) -> str:
        """The sentence, and what was measured otherwise than a cloak with these parameters, but for its MaskNets."""
        return _told(str(self), self.parameters, parameters)


@final
class TransferWorth(BaseModel):
    """How the cloak that needs no MaskNet fared against recognisers that it was not made against.

    Args:
        look: One of ``cloaking.methods.LOOKS``.
        recogniser: Its name, of the one that named most people.
        recognised: Share of cloaked photos of which this one named the person, 0 to 1.
        least: The same of the recogniser that named fewest.
        clean: Share that ``recogniser`` named of the photos as they were.
        adaptive: Share that the best recogniser named for an attacker who learned from pairs made with the tool.
        people: How many people.
        gallery: Among how many people each was looked for.
        parameters: Of the cloak as it was measured.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    look: str
    recogniser: str
    recognised: float
    least: float
    clean: float
    adaptive: float | None
    people: int
    gallery: int
    parameters: dict[str, object]

    def __str__(self) -> str:
        said = (
            f"Measured on {self.people} people among {self.gallery}: recognisers that this cloak was not made against "
            f"still named the person on {_of_100(self.least)} to {_of_100(self.recognised)} of 100 cloaked photos "
            f"(most: {self.recogniser}, {_of_100(self.clean)} without a cloak). "
        )
        if self.adaptive is not None:
            said += f"After learning from pairs made with this tool, the best of all named {_of_100(self.adaptive)}. "
        return said + "Do not rely on it to stay unrecognised."

    def told(self, parameters: Mapping[str, object]) -> str:
        """The sentence, and what was measured otherwise than a cloak with these parameters."""
        return _told(str(self), self.parameters, parameters)


def _of_100(share: float) -> int:
    return int(100 * share + 0.5)


def _told(sentence: str, measured: Mapping[str, object], parameters: Mapping[str, object]) -> str:
    others = [
        f"{name} {value} instead of {parameters.get(name)}"
        for name, value in measured.items()
        if json.loads(json.dumps(parameters.get(name))) != value
    ]
    return f"{sentence} It was measured with {', '.join(others)}." if others else sentence


def worth(method: str, look: str = "natural") -> CloakWorth | TransferWorth:
    """What a way of cloaking is worth.

    Raises:
        KeyError: If there is no such way.
    """
    if current_method(method) == DEFAULT:
        return {each.look: each for each in _transferable()}[look]
    return {each.method: each for each in _every()}[current_method(method)]


@cache
def _every() -> tuple[CloakWorth, ...]:
    return tuple(TypeAdapter(list[CloakWorth]).validate_json(MEASURED.read_text("utf-8")))


@cache
def _transferable() -> tuple[TransferWorth, ...]:
    return tuple(TypeAdapter(list[TransferWorth]).validate_json(TRANSFERABLE.read_text("utf-8")))
