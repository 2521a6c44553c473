"""Who is on an answer. Writes nothing and sends nothing: an import rule sees to it.

Scores stay here. Whoever shows faces of their choice and is told the scores has every vector of the gallery after as
many probes as a vector has numbers, by solving linear equations; and a cloud that learns how its owner reacts to
answers of its making may learn the secret key. So a client is told a name or nothing, and the cloud nothing at all.
"""

from hashlib import sha256
from typing import final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import EmptyGallery, ForeignCiphertext, PeopleAlike
from masquerade.owner.sealed.canaries import PLACES, canaries, places, require_own
from masquerade.owner.sealed.owned import OwnedGallery
from masquerade.owner.sealed.record import Unknown
from masquerade.sealed.block import layout_of
from masquerade.sealed.cards import ANSWER, PROBE, AnswerCard, ProbeCard
from masquerade.sealed.cards import require_own as require_of_gallery
from masquerade.sealed.envelope import opened
from masquerade.sealed.layout import ROW, BlockLayout
from masquerade.sealed.ring import damaged, ring
from masquerade.sealed.vectors import MODULUS
from masquerade.training.open_set import UNKNOWN


@final
class Opener:
    """Opens the answers to probes of one state of a gallery; serves one thread.

    Args:
        gallery: The gallery in its owner's hands.

    Raises:
        EmptyGallery: If nobody is in it.
    """

    def __init__(self, gallery: OwnedGallery) -> None:
        self._manifest = gallery.record.public
        self._manifest.require_people(gallery.folder)
        self._secret = gallery.opened()
        self._unknown: Unknown = gallery.record.unknown or _nobody(gallery)
        self._layouts = [layout_of(self._manifest, entry) for entry in self._manifest.blocks]
        blocks = gallery.record.blocks
        orders = [
            places(gallery.key, block.name, layout)
            for block, layout in zip(blocks, self._layouts, strict=True)
        ]
        self._canaries = canaries(gallery.key, self._manifest.gallery, self._layouts[0].size)
        self._places = [order[:PLACES] for order in orders]
        self._people = [
            order[PLACES : PLACES + len(block.people)] for order, block in zip(orders, blocks, strict=True)
        ]
        self.names = tuple(person.name for block in blocks for person in block.people)

    def person(self, answer: bytes, probe: bytes | None = None) -> str:
        """Who was shown, or "unknown".

        Args:
            answer: What the cloud sent back.
            probe: What was sent to it, if the owner has that too: then an answer to another one is noticed.

        Raises:
            DamagedCiphertext: If the answer is damaged, cut short or no answer.
            ForeignCiphertext: If it is of another gallery, key or state, or to another probe.
            WrongAnswer: If the canaries say that it was not computed from this gallery.
            PeopleAlike: If two people have the same score, which passes the threshold.
        """
        scores = self.scores(answer, probe)
        best = int(scores.argmax())
        if scores[best] <= self._unknown.score:
            return UNKNOWN
        same = np.flatnonzero(scores == scores[best])
        if len(same) > 1:
            raise PeopleAlike(
                "two people are equally alike",
                value=" and ".join(self.names[each] for each in same[:2]),
                remedy="Take one of them out, or show another photo.",
            )
        return self.names[best]

    def scores(self, answer: bytes, probe: bytes | None = None) -> NDArray[np.int64]:
        """The score of each of ``names``, int64 ``(n,)``: for the owner alone, never for a client.

        Raises:
            SealedError: As ``person``.
        """
        card, parts = opened(answer, ANSWER, AnswerCard, "the answer")
        require_of_gallery(card, self._manifest, "the answer")
        self._require_current(card, len(parts))
        found = [self._block(part, layout) for part, layout in zip(parts, self._layouts, strict=True)]
        shown = np.stack([scores[at] for scores, at in zip(found, self._places, strict=True)])
        require_own(shown, None if probe is None else self._expected(card, probe))
        return np.concatenate([scores[at] for scores, at in zip(found, self._people, strict=True)])

    def _block(self, part: memoryview, layout: BlockLayout) -> NDArray[np.int64]:
        sums = self._secret.decrypted(ring().unpack(part, 1, "the answer"))
        return layout.scores_of(sums, MODULUS)

    def _require_current(self, card: AnswerCard, blocks: int) -> None:
        if card.manifest != self._manifest.digest():
            raise ForeignCiphertext(
                "the answer was computed from another state of the gallery",
                value=card.manifest[:16],
                remedy="Bring the cloud's copy up to date, and have the probe matched again.",
            )
        if blocks != len(self._layouts):
            raise damaged(f"{blocks} blocks, expected {len(self._layouts)}", "the answer")

    def _expected(self, card: AnswerCard, probe: bytes) -> NDArray[np.int64]:
        """What the canaries must score with a probe."""
        if sha256(probe).hexdigest() != card.probe:
            raise ForeignCiphertext("the answer is to another probe", value=card.probe[:16])
        about, parts = opened(probe, PROBE, ProbeCard, "the probe")
        require_of_gallery(about, self._manifest, "the probe")
        slots = self._secret.decrypted(ring().unpack(parts[0], ring().fresh, "the probe"))
        period = self._layouts[0].period
        vector = np.concatenate([slots[:period], slots[ROW : ROW + period]])
        scores: NDArray[np.int64] = self._canaries @ vector
        return (scores + MODULUS // 2) % MODULUS - MODULUS // 2


def _nobody(gallery: OwnedGallery) -> Unknown:
    raise EmptyGallery("nobody is in the gallery", place=gallery.folder)
