"""Class membership: was a class of images trained on? (Disguised-Nets, 2.1 and 4.2, figures 10 and 11)."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Membership, Sight, View
from masquerade.metrics.people.fano import entropy, fano_factor, label_agreement, soft_label_agreement


@final
@dataclass(frozen=True)
class ClassMembership(Attack):
    """Asks the model for labels of each suspected class's images: a trained class gets one label, mostly.

    The images are shown as they are, since the attacker has no key to disguise them with.

    Args:
        statistic: How dominance is measured. ``soft_agreement``: how often labels drawn from the predicted
            probabilities agree within a class, which also sees how sure the model is. ``agreement``: how often the
            labels do, for models that give labels alone. Both are for classes of any size. ``fano``: variance over
            mean of the label counts, as the paper has it, of as many images of each class. ``entropy``: of the
            counts, negative.
    """

    name: ClassVar[str] = "class_membership"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.MODEL, Sight.PROBES})
    control: ClassVar[Control] = Control(
        "none", "class_membership", 0.9, "unprotected models are told apart at p <= 0.001 (figure 10)"
    )

    revision: ClassVar[int] = 2

    statistic: Literal["soft_agreement", "agreement", "fano", "entropy"] = "soft_agreement"

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A score for each probed class, in the order of their numbers."""
        assert view.model is not None  # noqa: S101  (the sealed caller checked both)
        assert view.probes is not None  # noqa: S101
        answers, probed = view.model(view.probes.images), view.probes.labels
        match self.statistic:
            case "fano":
                same = _as_many_of_each(probed)
                return Membership(fano_factor(histograms(answers[same], probed[same])))
            case "agreement":
                return Membership(label_agreement(histograms(answers, probed)))
            case "soft_agreement":
                return Membership(soft_label_agreement(answers, probed))
            case "entropy":
                return Membership(-entropy(histograms(answers, probed)))


def histograms(probabilities: Tensor, probed: Tensor) -> Tensor:
    """Images by probed class (numbered from 0 without gaps) and predicted label, int64 ``(m, k)``."""
    k = probabilities.shape[1]
    pair = probed * k + probabilities.argmax(1)
    return torch.bincount(pair, minlength=(int(probed.max()) + 1) * k).reshape(-1, k)


def _as_many_of_each(probed: Tensor) -> Tensor:
    """Rows of the first images of every class, as many as the smallest class has."""
    rows = [(probed == label).nonzero().flatten() for label in torch.unique(probed)]
    fewest = min(len(each) for each in rows)
    return torch.cat([each[:fewest] for each in rows])
