"""Kinds of protection by what was built to attack them, and what to say of a description that an attack cannot read."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from masquerade.errors import AttackError, NotApplicable, UnreadStructure

BLOCKS: Final = frozenset({"BlockMatrix", "BlockPermutation", "BlockNormalise", "Noise"})
"""Blocks of pixels that change places, are multiplied or normalised, and noise."""
TOKENS: Final = frozenset({"TokenMatrix", "TokenNetwork", "BlockPermutation", "ManyKeys", "Noise", "Encode"})
"""The same for tokens of a feature map, after a public encoder."""
NETWORKS: Final = frozenset({"Dauntless", "TaskAugment"})
"""One secret random network for all photos."""
MIXTURES: Final = frozenset({"InstaHide"})
"""Photos mixed with others, under signs of their own."""
SHUFFLED_CODES: Final = frozenset({"NeuraCrypt"})
"""Codes of patches, shuffled for each photo."""
CLOAKS: Final = frozenset(
    {
        "MaskNetCloak",
        "SeveralCloaks",
        "OnePassCloak",
        "FeltCloak",
        "Fawkes",
        "LowKey",
        "TransferableCloak",
        "MatchedNoise",
    }
)
"""Small changes to photos that are published."""
FEATURES: Final = frozenset(
    {
        "SplitEncode",
        "Crafter",
        "CrafterZ",
        "AmortisedCrafter",
        "TaskAnswers",
        "KSame",
        "GaussianNoise",
        "Fawkes",
        "LowKey",
        "MatchedNoise",
    }
)
"""Features of a split network, crafted or under noise, of photos as they are or cloaked."""
PHOTO_TOOLS: Final = frozenset({"GaussianBlur", "Pixelation", "FaceBox", "EyeBar", "KSamePhotos", "Contours"})
"""Photos changed by tools without a key, to be looked at all the same."""
PICTURES: Final = PHOTO_TOOLS | {"AnyTool"}
"""Whatever gives a picture for a picture, the same way for everybody; attacks learn it from pairs."""
TRAINED_NOISE: Final = frozenset({"AdversarialNoise", "Encode"})
"""Noise that was trained for the features of a public encoder."""


def parts_of(description: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The parts of a description in order: chains opened, and what stands inside a part after the part."""
    if description.get("kind") == "Chain":
        for part in description.get("parts", ()):
            yield from parts_of(part)
        return
    yield description
    if isinstance(inner := description.get("inner"), Mapping) and "kind" in inner:
        yield from parts_of(inner)


def kinds_of(description: Mapping[str, Any]) -> tuple[str, ...]:
    """Kinds of the parts in order, one for each time that a kind occurs."""
    return tuple(str(part.get("kind")) for part in parts_of(description))


def readable(reads: frozenset[str], description: Mapping[str, Any]) -> frozenset[str]:
    """Kinds of those that an attack was made for which it can make out in a description: each that occurs once.

    An attack that can do without the description runs on one that it cannot read, as on any unknown protection.
    """
    kinds = kinds_of(description)
    return frozenset(kind for kind in reads if kinds.count(kind) <= 1)


def outside(description: Mapping[str, Any], family: frozenset[str], concern: str) -> AttackError:
    """What an attack raises where it cannot make out a description.

    Args:
        description: The whole description.
        family: Kinds that attacks which read alike were made for.
        concern: What they concern, to complete "the attack concerns ...".

    Returns:
        ``NotApplicable`` if attacks of another family were made for all kinds that occur; else ``UnreadStructure``,
        since then nobody knows what the attack would find.
    """
    kind = NotApplicable if _read_elsewhere(set(kinds_of(description)), family) else UnreadStructure
    value = ", ".join(kinds_of(description)) or "nothing"
    return kind(f"the attack concerns {concern}", value=value, place="the recipe")


def _read_elsewhere(kinds: set[str], family: frozenset[str]) -> bool:
    from masquerade.attacks import every_attack

    return any(kinds <= attack.reads and not attack.reads <= family for attack in every_attack())
