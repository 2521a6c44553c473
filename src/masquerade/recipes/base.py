"""What a recipe is: a protection with all that its use needs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, final

from masquerade.disguises import Chain, Disguise
from masquerade.disguises.encode import Encode
from masquerade.encoders import open_encoder

Status = Literal["broken", "hardened", "control", "none"]

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
        status: "broken" if attacks here recover or link the photos, "hardened" for our own variants, "control" for
            targets that attacks are tested on, "none" for no protection.
        advice: What is known to break it, in plain words.
        encoder: The public encoder that photos go through first, by name or file; None for none. It is opened by
            ``whole`` alone, so that recipes can be listed without its weights.
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
    status: Status
    advice: str
    encoder: str | Path | None = None

    def whole(self) -> Disguise:
        """The disguise of photos: what ``disguise`` says, after the encoder if there is one.

        Raises:
            MasqueradeError: If the encoder cannot be opened; the message says what is missing.
        """
        return self.disguise if self.encoder is None else encoded(self.disguise, self.encoder)


def encoded(disguise: Disguise, encoder: str | Path) -> Chain:
    """A disguise of photos: a public encoder, then ``disguise`` on its feature maps.

    Raises:
        MasqueradeError: If the encoder cannot be opened; the message says what is missing.
    """
    parts = disguise.parts if isinstance(disguise, Chain) else (disguise,)
    return Chain((Encode(open_encoder(encoder)), *parts))
