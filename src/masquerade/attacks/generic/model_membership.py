"""Membership of a photo, asked of the trained model: is it surer of the photo than models that never saw it are?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.attacker_classifier import SMALL, OptionValue, TrainingBudget
from masquerade.attacks.base import Attack, Control, Guess, Labelled, Membership, Sight, View
from masquerade.errors import AttackError, MissingSight
from masquerade.training import fit, probabilities

_SMALLEST: Final = 1e-7
_PART: Final = 256


@final
@dataclass(frozen=True)
class ModelMembership(Attack):
    """Asks the model about each candidate photo, and reference models of other people's photos, offline RMIA or LiRA.

    What is needed: the model as a black box that gives probabilities; photos of other people with names, to train the
    reference models on, which are never trained on a candidate; and the candidates. With ``asks`` "photos" the model
    is asked about candidates as they are; with "disguised" about what the owner's own service makes of them (the sight
    ``query``), under the owner's key, and the references learn from what it makes of other people's photos. Labels are
    not needed: the model's largest probability stands for that of the true class.

    Args:
        statistic: ``"odds"``: the logarithm of the odds of the largest probability, less its mean over references
            (offline LiRA, Carlini et al. 2022, with one spread for all photos). ``"ratio"``: the largest probability
            over that which the references lead to expect (offline RMIA, Zarifzadeh et al. 2024; its comparison with
            a population does not change the order of candidates).
        asks: ``"photos"`` or ``"disguised"``.
        references: Reference models.
        offset: ``a`` of offline RMIA: photos in the data are expected at ``a p + 1 - a``, 0 to 1.
        network: Name of the references' network; best the network of the model.
        options: The network's own options.
        steps: Batches at most that a reference is trained on.
        batch_size: Images in a batch.
    """

    name: ClassVar[str] = "model_membership"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.MODEL, Sight.CANDIDATES, Sight.PUBLIC})
    control: ClassVar[Control] = Control(
        "none", "membership_auc", 0.6, "ours: .76 to .89 of models that know their photos by heart"
    )

    statistic: Literal["odds", "ratio"] = "odds"
    asks: Literal["photos", "disguised"] = "photos"
    references: int = 2
    offset: float = 0.3
    network: str = "small-cnn"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: SMALL)
    steps: int = 300
    batch_size: int = 64

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A score for each candidate; larger means more likely trained on."""
        assert view.candidates is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.public is not None  # noqa: S101
        assert view.model is not None  # noqa: S101
        shown = self._shown(view)
        candidates = _in_parts(shown, view.candidates)
        answers = torch.cat([view.model(part) for part in torch.split(candidates, _PART)])
        others = _others(view.public, view.candidates)
        budget = TrainingBudget(self.network, self.options, self.steps, self.batch_size)
        beside = []
        for _ in range(self.references):
            lessons = _some_people(others, answers.shape[1], rng)
            images = _in_parts(shown, lessons.images)
            classes = int(lessons.labels.max()) + 1
            network = fit(images, lessons.labels, budget.settings(), classes, rng)
            beside.append(_top(probabilities(network, candidates)))
        return Membership(self._scores(_top(answers), torch.stack(beside)))

    def _shown(self, view: View) -> Callable[[Tensor], Tensor]:
        """What a model is shown for a photo."""
        if self.asks == "photos":
            return lambda images: images
        if view.query is None:
            raise MissingSight(
                "the owner's service is not shown", value=Sight.QUERY, remedy="Show it, or ask photos."
            )
        return view.query

    def _scores(self, top: Tensor, beside: Tensor) -> Tensor:
        """Scores ``(m,)`` from largest probabilities of the model ``(m,)`` and of references ``(r, m)``."""
        if self.statistic == "odds":
            return top.logit() - beside.logit().mean(0)
        expected = ((1 + self.offset) * beside.mean(0) + 1 - self.offset) / 2
        return top / expected


def _top(answers: Tensor) -> Tensor:
    """The largest probability of each row, float64, away from 0 and 1."""
    return answers.double().amax(1).clamp(_SMALLEST, 1 - _SMALLEST)


def _in_parts(shown: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    return torch.cat([shown(part).float() for part in torch.split(images, _PART)])


def _others(public: Labelled, candidates: Tensor) -> Labelled:
    """Public photos that are no candidates.

    Raises:
        AttackError: If fewer than two people are left.
    """
    suspected = {image.numpy().tobytes() for image in candidates.float().contiguous()}
    rows = [
        k
        for k, image in enumerate(public.images.float().contiguous())
        if image.numpy().tobytes() not in suspected
    ]
    kept = torch.tensor(rows, dtype=torch.int64)
    if len(torch.unique(public.labels[kept])) < 2:
        raise AttackError(
            "reference models need photos of two people or more that are no candidates",
            value=f"{len(rows)} of {len(public.images)} public photos",
            remedy='Say candidates = "held", or show more public photos.',
        )
    return Labelled(public.images[kept], public.labels[kept])


def _some_people(people: Labelled, count: int, rng: np.random.Generator) -> Labelled:
    """Photos of ``count`` people, drawn among the twice as many who have most photos, numbered from 0."""
    known, photos = torch.unique(people.labels, return_counts=True)
    most = known[photos.argsort(descending=True, stable=True)[: 2 * count]]
    drawn = most[torch.from_numpy(rng.permutation(len(most))[:count])]
    mine = torch.isin(people.labels, drawn)
    labels = torch.unique(people.labels[mine], return_inverse=True)[1]
    return Labelled(people.images[mine], labels)
