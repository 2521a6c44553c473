"""Four trackers: each learns one user and the bystanders, and names the people on photos met later."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, final

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional

from masquerade.attacks.base import Labelled
from masquerade.attacks.cache import digest_of, kept
from masquerade.attacks.cloaks.backbones import Backbone
from masquerade.attacks.cloaks.noise_and_blur import noise_and_blur
from masquerade.networks.resnet import ResNet18, ResNet18Options
from masquerade.training import probabilities
from masquerade.training.encoders.fine_tuning import FineTuning, fine_tune, with_classes, with_one_more

IdentifyFn = Callable[[Tensor], Tensor]
"""One user's published photos ``(n, 3, h, w)`` to the class named on each photo met later, int64 ``(s,)``."""

_COPIES: Final = 2
"""Changed copies of each photo that a classifier of frozen vectors learns from, beside the photo itself."""


@final
@dataclass(frozen=True)
class TrackingTask:
    """What all trackers of an attack share.

    Args:
        bystanders: The other people; labels 0 to b - 1.
        met: Photos met later ``(s, 3, h, w)``.
        augmented: Whether training photos get noise and blur.
        seed: Of all randomness.
    """

    bystanders: Labelled
    met: Tensor
    augmented: bool
    seed: int

    @property
    def user(self) -> int:
        """The class of the tracked user: b."""
        return int(self.bystanders.labels.max()) + 1

    def at(self, size: tuple[int, int]) -> "TrackingTask":
        """The same with all photos at another height and width."""
        people, met = self.bystanders, self.met
        return replace(
            self, bystanders=Labelled(at_size(people.images, size), people.labels), met=at_size(met, size)
        )

    def learnt_from(self, photos: Tensor) -> Labelled:
        """The bystanders' photos and one user's."""
        labels = torch.full((len(photos),), self.user)
        return Labelled(
            torch.cat([self.bystanders.images, photos]), torch.cat([self.bystanders.labels, labels])
        )


def nearest(task: TrackingTask, body: Backbone) -> IdentifyFn:
    """The person of the nearest known photo, by the cosine of vectors."""
    known, met = (_known_vectors(task, body), body.vectors(task.met))

    def name(photos: Tensor) -> Tensor:
        own = _with_copies(Labelled(photos, torch.full((len(photos),), task.user)), task, body)
        vectors, labels = torch.cat([known.images, own.images]), torch.cat([known.labels, own.labels])
        return labels[(met @ vectors.T).argmax(1)]

    return name


def linear(task: TrackingTask, body: Backbone) -> IdentifyFn:
    """Logistic regression on vectors of a body that stays as it is; people count alike."""
    known, met = (_known_vectors(task, body), body.vectors(task.met))
    scale = known.images.shape[1] ** 0.5

    def name(photos: Tensor) -> Tensor:
        own = _with_copies(Labelled(photos, torch.full((len(photos),), task.user)), task, body)
        vectors, labels = torch.cat([known.images, own.images]), torch.cat([known.labels, own.labels])
        classifier = LogisticRegression(C=1.0, max_iter=300, tol=1e-2, class_weight="balanced")
        classifier.fit(scale * vectors.numpy(), labels.numpy())
        return torch.from_numpy(classifier.predict(scale * met.numpy()).astype(np.int64))

    return name


def network(task: TrackingTask, start: ResNet18, first: FineTuning, then: FineTuning) -> IdentifyFn:
    """A ResNet of which all weights learn: the bystanders first, once for all users, then each user besides.

    Args:
        task: What trackers share.
        start: The network to begin with.
        first: How the bystanders are learnt.
        then: How a user is learnt, among the bystanders.
    """
    task = task.at(start.shape[1:])
    beside = task.bystanders
    state = digest_of(*(t for k, t in start.state_dict().items() if not k.startswith("head.")))
    name_of_first = digest_of(state, beside.images, beside.labels, first, task.augmented, task.seed)

    def tuned(network: ResNet18, people: Labelled, how: FineTuning, which: int) -> ResNet18:
        rng = np.random.default_rng([task.seed, which])
        change = (lambda images: noise_and_blur(images, rng)) if task.augmented else None
        return fine_tune(network, people.images, people.labels, how, rng, change)

    def learn_bystanders() -> ResNet18:
        return tuned(with_classes(start, task.user), beside, first, 0)

    learnt = kept(name_of_first, learn_bystanders)

    def name(photos: Tensor) -> Tensor:
        people = task.learnt_from(at_size(photos.float(), start.shape[1:]))
        fresh = with_one_more(learnt, people.images, people.labels)
        tracker = tuned(fresh, people, then, 1)
        return probabilities(tracker, task.met).argmax(1)

    return name


def at_size(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Photos ``(n, c, h, w)`` brought to a height and width."""
    if tuple(images.shape[2:]) == size:
        return images
    return functional.interpolate(images.float(), size, mode="bilinear", antialias=True)


def untrained(people: Labelled, width: int, seed: int) -> ResNet18:
    """A ResNet of random weights, its input normalised as the people's photos need."""
    c, h, w = (int(side) for side in people.images.shape[1:])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = ResNet18((c, h, w), 2, ResNet18Options(width=width))
    made.norm.fit([people.images])
    return made.eval()


def _known_vectors(task: TrackingTask, body: Backbone) -> Labelled:
    return _with_copies(task.bystanders, task, body)


def _with_copies(people: Labelled, task: TrackingTask, body: Backbone) -> Labelled:
    """Vectors of photos, and of changed copies where the training is augmented; labels beside them."""
    if not task.augmented:
        return Labelled(body.vectors(people.images), people.labels)
    rng = np.random.default_rng([task.seed, 2])
    copies = [people.images, *(noise_and_blur(people.images, rng) for _ in range(_COPIES))]
    vectors = torch.cat([body.vectors(some) for some in copies])
    return Labelled(vectors, people.labels.repeat(_COPIES + 1))
