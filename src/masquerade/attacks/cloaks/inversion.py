"""The inversion network by itself: how much of the cloaks comes off (HyperObf, section 5.2; A-11)."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np
import torch

from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.attacks.cloaks.backbones import missing
from masquerade.attacks.cloaks.restoration import Inversion, inverting
from masquerade.attacks.structure import CLOAKS


@final
@dataclass(frozen=True)
class InversionNetwork(Attack):
    """Guesses the photos under the cloaks by a network trained on public photos under cloaks of the attacker's own.

    Args:
        masknets: Keys of the attacker's own that it learns from; a hypernetwork that leaked gives any number.
        own: Whether it learns from the users' own cloaks instead (needs the sights ``own`` and ``labels``), a
            network for each user.
        pairs: Public photos cloaked for it.
        steps: Batches.
        width: Maps of its first convolution; the thesis has 64.
        loss: ``mse`` or ``ssim``.
        skips: Whether it is a U-Net, which is stronger; the thesis's is none.
    """

    name: ClassVar[str] = "inversion_network"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.FRESH})
    reads: ClassVar[frozenset[str]] = CLOAKS
    control: ClassVar[Control] = Control(
        "control-noise-fresh", "energy_removed", 0.2, "ours: plain noise is what any denoiser takes away"
    )

    masknets: int = 1
    own: bool = False
    pairs: int = 512
    steps: int = 300
    width: int = 16
    loss: Literal["mse", "ssim"] = "mse"
    skips: bool = True

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A guessed photo for each released one."""
        seed = int(rng.integers(2**31))
        inversion = Inversion(
            self.masknets, self.own, self.pairs, self.steps, self.width, self.loss, self.skips
        )
        restore = inverting(view, inversion, seed)
        released = view.released.float()
        if not self.own:
            return Reconstruction(restore(-1, released))
        if view.labels is None:
            raise missing(Sight.LABELS)
        guessed = released.clone()
        for user in torch.unique(view.labels).tolist():
            rows = view.labels == user
            guessed[rows] = restore(user, released[rows])
        return Reconstruction(guessed)
