"""Class membership: was a class of images trained on? (Disguised-Nets, 2.1 and 4.2, figures 10 and 11)."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Membership, Sight, View
from masquerade.metrics.fano import entropy, fano_factor, soft_fano_factor


@final
@dataclass(frozen=True)
class ClassMembership(Attack):
    """Asks the model for labels of each suspected class's images: a trained class gets one label, mostly.

    The images are shown as they are, since the attacker has no key to disguise them with.

    Args:
        statistic: How dominance is measured. ``soft_fano``: the Fano factor of the predicted probabilities,
            which also sees how sure the model is. ``fano``: that of the label counts, for models that give
            labels alone. Both are scaled for the number of images. ``entropy``: of the counts, negative.
    """

    name: ClassVar[str] = "class_membership"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.MODEL, Sight.PROBES})
    control: ClassVar[Control] = Control(
        "none", "class_membership", 0.9, "unprotected models are told apart at p <= 0.001 (figure 10)"
    )

    statistic: Literal["soft_fano", "fano", "entropy"] = "soft_fano"

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A score for each probed class, in the order of their numbers."""
        assert view.model is not None  # noqa: S101  (the sealed caller checked both)
        assert view.probes is not None  # noqa: S101
        answers, probed = view.model(view.probes.images), view.probes.labels
        match self.statistic:
            case "fano":
                return Membership(fano_factor(histograms(answers, probed)))
            case "soft_fano":
                return Membership(soft_fano_factor(answers, probed))
            case "entropy":
                return Membership(-entropy(histograms(answers, probed)))


def histograms(probabilities: Tensor, probed: Tensor) -> Tensor:
    """Images by probed class (numbered from 0 without gaps) and predicted label, int64 ``(m, k)``."""
    k = probabilities.shape[1]
    pair = probed * k + probabilities.argmax(1)
    return torch.bincount(pair, minlength=(int(probed.max()) + 1) * k).reshape(-1, k)
