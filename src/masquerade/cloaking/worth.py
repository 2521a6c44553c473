"""What a cloak is worth: a sentence from the committed results, which studies/verdicts.py condenses."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from masquerade.cloaking.methods import current_method

MEASURED: Final = Path(__file__).with_name("cloaks.json")


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
        others = [
            f"{name} {value} instead of {parameters.get(name)}"
            for name, value in self.parameters.items()
            if json.loads(json.dumps(parameters.get(name))) != value
        ]
        return f"{self} It was measured with {', '.join(others)}." if others else str(self)


def worth(method: str) -> CloakWorth:
    """What a way of cloaking is worth.

    Raises:
        KeyError: If there is no such way.
    """
    return {each.method: each for each in _every()}[current_method(method)]


@cache
def _every() -> tuple[CloakWorth, ...]:
    return tuple(TypeAdapter(list[CloakWorth]).validate_json(MEASURED.read_text("utf-8")))
