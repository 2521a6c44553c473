"""What an attacker reads from the public description of InstaHide (``Disguise.describe``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, final

from torch import Tensor

from masquerade.attacks.structure import MIXTURES, outside

CENTRE: Final = 127.5
SCALE: Final = 64.0
"""Photos enter the mixture as ``(x - CENTRE) / SCALE``; anyone may know that."""


@final
@dataclass(frozen=True)
class InstaHideRecipe:
    """The public parameters that attacks ask about.

    Args:
        mixed: Photos in a mixture.
    """

    mixed: int

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "InstaHideRecipe":
        """Read a description, ``{"kind": "InstaHide", ...}`` or a chain of it alone.

        Raises:
            NotApplicable: If nothing is mixed.
            UnreadStructure: If something else happens too, or is unknown.
        """
        parts = description.get("parts", [])
        if description.get("kind") == "Chain" and len(parts) == 1:
            return cls.from_description(parts[0])
        if description.get("kind") != "InstaHide":
            raise outside(description, MIXTURES, "mixed photos with random signs")
        return cls(int(description["k"]))

    def normalised(self, photos: Tensor) -> Tensor:
        """Photos of 0 to 255 as they enter a mixture, float32."""
        return (photos.float() - CENTRE) / SCALE

    def photos(self, normalised: Tensor) -> Tensor:
        """Back to 0 to 255, clipped."""
        return (normalised * SCALE + CENTRE).clamp(0, 255)
