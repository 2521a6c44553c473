"""The adaptive tracker: it cloaked photos itself, and learnt to see through that (Radiya-Dixit et al. 2021; A-10)."""

from dataclasses import dataclass
from typing import ClassVar, Final, Literal, final

import numpy as np
import torch

from masquerade.attacks.attacker_recogniser import numbered
from masquerade.attacks.base import Attack, Control, Disguising, Guess, Labelled, Sight, Tracking, View
from masquerade.attacks.cache import digest_of
from masquerade.attacks.cloaks.backbones import Backbone, body_named, body_of, network_named
from masquerade.attacks.cloaks.classifiers import TrackingTask, at_size, linear, nearest
from masquerade.attacks.cloaks.restoration import cloaked_public
from masquerade.attacks.cloaks.tracker import named_by
from masquerade.attacks.structure import CLOAKS
from masquerade.errors import AttackError
from masquerade.training.encoders.fine_tuning import FineTuning, fine_tune, with_classes

_SHRINKAGE: Final = 0.1
"""Share of the mean variance added to each direction's, so that few photos suffice."""


@final
@dataclass(frozen=True)
class AdaptiveTracker(Attack):
    """A tracker whose eyes were trained on public people with and without cloaks, under keys of the attacker's own.

    The true people are the labels, so that what a cloak changes is learnt to mean nothing. The bystanders are
    shown with and without cloaks as well. No user's key is known, and nothing is inverted.

    Args:
        extractor: ``fine-tuned``: all weights of a ResNet learn. ``whitened``: the vectors of a body that stays
            as it is are divided by their spread within people, cloaked or not; works with any recogniser.
        kind: How people are told apart: ``linear`` or ``nearest``, as of ``tracker``.
        body: A recogniser's name, or ``public``; what the extractor begins with.
        masknets: Keys of the attacker's own.
        pairs: Public photos that are cloaked.
        beside: Bystanders' photos that are cloaked; None for all.
        epochs: Passes over the public people, for ``fine-tuned``.
        users: So many users are tracked, the first ones; None for all.
        body_steps: Batches that the public body is pre-trained on.
    """

    name: ClassVar[str] = "adaptive_tracker"
    needs: ClassVar[frozenset[Sight]] = frozenset(
        {Sight.LABELS, Sight.BYSTANDERS, Sight.SIGHTINGS, Sight.RECOGNISERS, Sight.PUBLIC, Sight.FRESH}
    )
    reads: ClassVar[frozenset[str]] = CLOAKS
    control: ClassVar[Control] = Control(
        "none", "tracked", 0.5, "photos published as they are teach who is on them"
    )

    extractor: Literal["fine-tuned", "whitened"] = "fine-tuned"
    kind: Literal["linear", "nearest"] = "linear"
    body: str = "resnet-public"
    masknets: int = 10
    pairs: int = 1000
    beside: int | None = None
    epochs: int = 4
    users: int | None = None
    body_steps: int = 300

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Whom the tracker of each user names on each photo met later."""
        assert view.fresh is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.bystanders is not None  # noqa: S101
        assert view.sightings is not None  # noqa: S101
        seed = int(rng.integers(2**31))
        cloaks = [view.fresh() for _ in range(self.masknets)]
        body = self._body(view, cloaks, seed)
        beside = _and_cloaked(view.bystanders, cloaks, self.beside, seed)
        task = TrackingTask(beside, view.sightings.float(), False, seed)
        name = (linear if self.kind == "linear" else nearest)(task, body)
        labels = view.labels
        assert labels is not None  # noqa: S101  (the sealed caller checked it)
        return Tracking(named_by(view, name, lambda user: view.released[labels == user].float(), self.users))

    def _body(self, view: View, cloaks: list[Disguising], seed: int) -> Backbone:
        assert view.public is not None  # noqa: S101  (the sealed caller checked it)
        if self.extractor == "whitened":
            before = body_named(view, self.body, self.body_steps)
            return whitened(before, _with_cloaked(view.public, cloaks, self.pairs, seed))
        if self.extractor != "fine-tuned":
            raise AttackError("no such extractor", value=self.extractor, place="extractor")
        start = network_named(view, self.body, self.body_steps)
        people = _with_cloaked(view.public, cloaks, self.pairs, seed)
        side = (start.shape[1], start.shape[2])
        network = with_classes(start, int(people.labels.max()) + 1)
        how = FineTuning(epochs=self.epochs, each=4)
        rng = np.random.default_rng([seed, 4])
        return body_of(fine_tune(network, at_size(people.images, side), people.labels, how, rng))


def whitened(body: Backbone, people: Labelled) -> Backbone:
    """A body's vectors, divided by how they spread within people (Hatch et al. 2006), after taking the mean off.

    Args:
        body: The body.
        people: Photos of people, some cloaked.
    """
    vectors = body.vectors(people.images).double()
    labels = people.labels
    count = torch.bincount(labels).double()
    means = torch.zeros(len(count), vectors.shape[1], dtype=torch.float64).index_add_(0, labels, vectors)
    within = vectors - (means / count.clamp_min(1)[:, None])[labels]
    covariance = within.T @ within / len(within)
    floor = _SHRINKAGE * covariance.diagonal().mean() * torch.eye(len(covariance), dtype=torch.float64)
    values, axes = torch.linalg.eigh(covariance + floor)
    matrix = (axes / values.clamp_min(1e-12).sqrt()) @ axes.T
    centre = vectors.mean(0)
    return Backbone(
        digest_of(body.name, matrix, centre),
        lambda images: ((body.vectors(images).double() - centre) @ matrix).float(),
    )


def _and_cloaked(people: Labelled, cloaks: list[Disguising], count: int | None, seed: int) -> Labelled:
    """All photos, and so many of them cloaked; the people keep their numbers."""
    wanted = len(people.images) if count is None else count
    cloaked, rows = cloaked_public(people, cloaks, wanted, np.random.default_rng([seed, 3]))
    labels = torch.cat([people.labels, people.labels[rows]])
    return Labelled(torch.cat([people.images.float(), cloaked]), labels)


def _with_cloaked(people: Labelled, cloaks: list[Disguising], count: int, seed: int) -> Labelled:
    """So many photos, and the same photos cloaked; people numbered from 0 without gaps."""
    cloaked, rows = cloaked_public(people, cloaks, count, np.random.default_rng([seed, 3]))
    labels = numbered(people.labels[rows])
    return Labelled(torch.cat([people.images[rows].float(), cloaked]), labels.repeat(2))
