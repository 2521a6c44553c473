"""What a recipe is: a protection with all that its use needs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, final

from masquerade.disguises import Chain, Disguise
from masquerade.disguises.tokens.encode import Encode
from masquerade.encoders import open_encoder
from masquerade.errors import UsageError
from masquerade.recipes.deferred import Cloak

CONTROL_ADVICE: Final = "A target for attacks, no protection."


@final
@dataclass(frozen=True)
class Recipe:
    """A disguise with all that its use needs.

    Args:
        name: As commands and study files say it.
        title: One line on what it does.
        disguise: The protection; with an encoder, what follows it.
        height: Height that photos are brought to, in pixels.
        width: Width that photos are brought to, in pixels.
        mode: "RGB" or "L" (grey).
        network: The network that trains on it unless told otherwise.
        training: The preset of training settings that goes with it.
        source: Where the parameters come from.
        advice: What is known to break it, in plain words; grades come from ``recipes.measured``.
        encoder: The public encoder that photos go through first, by name or file; None for none. It is opened by
            ``whole`` alone, so that recipes can be listed without its weights.
        cloak: What ``disguise`` follows, where that needs public networks; opened by ``whole`` alone too.
    """

    name: str
    title: str
    disguise: Disguise
    height: int
    width: int
    mode: Literal["RGB", "L"]
    network: str
    training: str
    source: str
    advice: str
    encoder: str | Path | None = None
    cloak: Cloak | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the photos."""
        return (3 if self.mode == "RGB" else 1, self.height, self.width)

    def whole(self) -> Disguise:
        """The disguise of photos: what ``disguise`` says, after the encoder or the cloak if there is one.

        Raises:
            MasqueradeError: If the encoder or the cloak cannot be opened; the message says what is missing.
        """
        whole = self.disguise if self.cloak is None else _after(self.cloak.opened(), self.disguise)
        return whole if self.encoder is None else encoded(whole, self.encoder)

    def changed(self, change: Mapping[str, Any]) -> "Recipe":
        """The same with other parameters of its cloak: the file of another source of MaskNets, say.

        Args:
            change: Parameters by name; networks by name or file.

        Raises:
            UsageError: If there is something to change and no cloak, or the cloak has no such parameter.
        """
        if not change:
            return self
        if self.cloak is None:
            raise UsageError(
                "nothing of this recipe can be changed",
                value=", ".join(change)[:100],
                place=f"recipe {self.name}",
                remedy="Write the disguise out instead.",
            )
        return replace(self, cloak=self.cloak.changed(change))


def encoded(disguise: Disguise, encoder: str | Path) -> Chain:
    """A disguise of photos: a public encoder, then ``disguise`` on its feature maps.

    Raises:
        MasqueradeError: If the encoder cannot be opened; the message says what is missing.
    """
    parts = disguise.parts if isinstance(disguise, Chain) else (disguise,)
    return Chain((Encode(open_encoder(encoder)), *parts))


def _after(first: Disguise, then: Disguise) -> Disguise:
    return first if then == Chain() else Chain((first, then))
