"""A listener who trains nothing: intercepted features beside clean ones, by cosine. Ours; XNN's paper has none."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from masquerade.attacks.attacker_recogniser import by_cosine, require_alike
from masquerade.attacks.base import Attack, Control, Guess, Sight, View
from masquerade.encoders.noise_encoder import token_norm


@final
@dataclass(frozen=True)
class CosineListener(Attack):
    """Compares intercepted feature maps with clean ones as they are, each side's mean taken off.

    Clean maps are normalised token by token, as XNN-d's generator does before it adds noise. Neither the generator
    nor other people's photos are needed. What all intercepted maps share, a constant noise say, goes with the mean.

    Args:
        centres: Whether the mean of what was intercepted, and that of the clean maps, is taken off first.
    """

    name: ClassVar[str] = "cosine_listener"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES})
    control: ClassVar[Control] = Control(
        "xnn-none", "rank1", 0.5, "ours: .86 to .88 on tokens of SFace without noise, 58 people of LFW"
    )

    centres: bool = True

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A ranking of the clean candidates for each intercepted feature map."""
        del rng
        assert view.candidates is not None  # noqa: S101  (the sealed caller checked it)
        require_alike(view.released, view.candidates)
        clean, seen = token_norm(view.candidates), view.released.float()
        if self.centres:
            clean, seen = clean - clean.mean(0), seen - seen.mean(0)
        return by_cosine(seen.flatten(1), clean.flatten(1))
