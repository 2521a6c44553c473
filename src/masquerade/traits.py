"""What a protection does to photos, in four words that attacks ask for instead of its class's name."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Traits:
    """Four facts about one protection under one key; each can be measured on the protection as a black box.

    Args:
        deterministic: The same photo gives the same answer, whenever it is asked for and whatever other photos
            come with it.
        linear: The answer is affine in the photo, once the public mean is taken off and rounding and clipping
            are left aside, and noise that is added on top; never where photos go through different maps.
        same_map: All photos go through one and the same map; noise that is added on top does not count against it.
        keeps_inner_products: Inner products between photos, the public mean taken off, come out as they went in,
            up to one common factor and noise that is added on top.
    """

    deterministic: bool
    linear: bool
    same_map: bool
    keeps_inner_products: bool

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The four words, in order."""
        return tuple(field.name for field in fields(cls))
