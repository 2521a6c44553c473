"""What probes, answers and blocks say of themselves."""

from typing import Annotated, Final, final

from pydantic import Field

from masquerade.errors import ForeignCiphertext
from masquerade.sealed.envelope import Digest, EnvelopeCard
from masquerade.sealed.manifest import SealedManifest

PROBE: Final = "masquerade.sealed-probe"
ANSWER: Final = "masquerade.sealed-answer"
BLOCK: Final = "masquerade.sealed-block"


@final
class ProbeCard(EnvelopeCard):
    """Of a probe: nothing but the gallery that it is meant for."""


@final
class AnswerCard(EnvelopeCard):
    """Of an answer.

    Args:
        manifest: SHA-256 of the manifest that it was computed from.
        probe: SHA-256 of the probe's file.
    """

    manifest: Digest
    probe: Digest


@final
class BlockCard(EnvelopeCard):
    """Of a block of people.

    Args:
        name: The file's name, so that blocks cannot be swapped.
        diagonals: Ciphertexts in it.
    """

    name: str
    diagonals: Annotated[int, Field(ge=1)]


def require_own(card: EnvelopeCard, manifest: SealedManifest, place: object) -> None:
    """Pass if a file belongs to a gallery as it is now.

    Raises:
        ForeignCiphertext: If it belongs to another one, or was encrypted under an earlier key.
    """
    if card.gallery != manifest.gallery:
        raise ForeignCiphertext(
            "it belongs to another gallery",
            value=card.gallery,
            place=place,
            remedy=f"This gallery is {manifest.gallery}.",
        )
    if card.keys != manifest.public_key:
        raise ForeignCiphertext(
            "it is encrypted under another key",
            value=card.keys[:16],
            place=place,
            remedy="The gallery was sealed anew since: take its public part as it is now, and make it again.",
        )
