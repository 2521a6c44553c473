"""What an attacker reads from the public description of one secret network for all photos (``describe``)."""

from collections.abc import Mapping
from typing import Any

from masquerade.attacks.structure import NETWORKS, outside


def patch_of(description: Mapping[str, Any]) -> int | None:
    """Side of the patches that the network works on; None for the whole photo.

    Args:
        description: ``{"kind": "Dauntless", ...}`` or ``{"kind": "TaskAugment", ...}``, or a chain of it alone.

    Raises:
        NotApplicable: If it is another family, which other attacks were made for.
        UnreadStructure: If it is unknown, or more than one network.
    """
    alone = _alone(description)
    match alone.get("kind"):
        case "Dauntless":
            return None
        case "TaskAugment":
            return int(alone["patch"])
        case _:
            raise outside(description, NETWORKS, "one secret network, the same for all photos")


def on_whole_photos(description: Mapping[str, Any]) -> bool:
    """Whether the recipe is a random network on whole photos and nothing else."""
    return _alone(description).get("kind") == "Dauntless"


def _alone(description: Mapping[str, Any]) -> Mapping[str, Any]:
    parts = description.get("parts", [])
    return _alone(parts[0]) if description.get("kind") == "Chain" and len(parts) == 1 else description
