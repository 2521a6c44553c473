"""The hypernetwork itself has leaked: the attacker draws as many MaskNets as are wanted (A-11)."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np

from masquerade.attacks.base import Attack, Control, Guess, Sight, View
from masquerade.attacks.cloaks.tracker import Tracker
from masquerade.attacks.structure import CLOAKS


@final
@dataclass(frozen=True)
class HypernetLeak(Attack):
    """A tracker whose inversion network saw each photo under a MaskNet of its own, drawn from the hypernetwork.

    Whoever has the hypernetwork has what any user has but the user's key: cloaks under fresh keys, without
    end. Against a cloak without a hypernetwork it is the tracker with as many keys of its own.

    Args:
        kind: How people are told apart, as of ``tracker``.
        body: What it sees faces with, as of ``tracker``.
        masknets: MaskNets drawn.
        pairs: Public photos cloaked by them.
        steps: Batches that the inversion network is trained on.
        width: Maps of its first convolution.
        users: So many users are tracked, the first ones; None for all.
    """

    name: ClassVar[str] = "hypernet_leak"
    needs: ClassVar[frozenset[Sight]] = Tracker.needs | {Sight.PUBLIC, Sight.FRESH}
    reads: ClassVar[frozenset[str]] = CLOAKS
    control: ClassVar[Control] = Tracker.control

    kind: Literal["linear", "nearest", "fine-tuned", "scratch"] = "linear"
    body: str = "resnet-public"
    masknets: int = 100
    pairs: int = 1000
    steps: int = 600
    width: int = 16
    users: int | None = None

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Whom the tracker of each user names on each photo met later."""
        tracker = Tracker(
            kind=self.kind,
            body=self.body,
            restore="inversion",
            masknets=self.masknets,
            pairs=self.pairs,
            steps=self.steps,
            width=self.width,
            users=self.users,
        )
        return tracker.run(view, rng)
