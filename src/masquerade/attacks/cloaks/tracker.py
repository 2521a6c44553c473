"""The tracker: recognises a user after learning from the photos that the user published cloaked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Labelled, Sight, Tracking, View
from masquerade.attacks.cloaks.backbones import body_named, network_named
from masquerade.attacks.cloaks.classifiers import (
    IdentifyFn,
    TrackingTask,
    linear,
    nearest,
    network,
    untrained,
)
from masquerade.attacks.cloaks.restoration import INVERSION, Inversion, Restoring, restoring
from masquerade.attacks.structure import CLOAKS
from masquerade.errors import AttackError
from masquerade.training.encoders.fine_tuning import FineTuning

Learnt = Callable[[int], Tensor]
"""A user's number to photos."""
_WIDTH: Final = 16


@final
@dataclass(frozen=True)
class Tracker(Attack):
    """One classifier for each tracked user, of the user and the bystanders (HyperObf, sections 3.2 and 5.1).

    The thesis fine-tunes a ResNet-18 on 50 people's clean photos and the user's cloaked ones, and asks whether
    the user's clean photos are then named. Each option is one way in which a real tracker is better than that.
    What options need beyond ``needs`` is named under ``shows``: ``public`` for the body of that name and for
    inversion, ``fresh`` or ``own`` for inversion.

    Args:
        kind: ``linear``: logistic regression on the vectors of a body that stays as it is. ``nearest``: the
            nearest photo by cosine of such vectors. ``fine-tuned``: a ResNet of which all weights learn the
            bystanders, then user and bystanders. ``scratch``: as that, from random weights.
        body: A recogniser's name, or ``public`` for a ResNet pre-trained on the view's public people; only
            these and ``resnet-public`` can be fine-tuned. A cloak that was optimised against the body is
            favoured.
        augmentation: What is done to training photos.
        restore: ``none``, ``jpeg``, ``resize``, ``blur``, ``bits``, ``median`` or ``inversion``.
        strength: Of a purification; None for its usual one.
        everywhere: Whether all photos are restored, also bystanders' and those met later, so that the
            restoration tells nobody apart; else the user's published ones alone.
        masknets: Keys of the attacker's own that the inversion network learns from.
        own: Whether it learns from the user's own cloak instead, which leaked: a positive control.
        pairs: Public photos cloaked for it.
        steps: Batches it is trained on.
        width: Maps of its first convolution.
        loss: Its loss.
        skips: Whether it is a U-Net, which is stronger; the thesis's is none.
        users: So many users are tracked, the first ones; None for all.
        body_steps: Batches that the public body is pre-trained on.
        first_epochs: Passes over the bystanders, for networks.
        epochs: Passes over user and bystanders.
    """

    name: ClassVar[str] = "tracker"
    needs: ClassVar[frozenset[Sight]] = frozenset(
        {Sight.LABELS, Sight.BYSTANDERS, Sight.SIGHTINGS, Sight.RECOGNISERS}
    )
    reads: ClassVar[frozenset[str]] = CLOAKS
    control: ClassVar[Control] = Control(
        "none", "tracked", 0.5, "photos published as they are teach who is on them; the thesis has 0.82"
    )

    kind: Literal["linear", "nearest", "fine-tuned", "scratch"] = "linear"
    body: str = "resnet-public"
    augmentation: Literal["none", "noise-and-blur"] = "none"
    restore: str = "none"
    strength: float | None = None
    everywhere: bool = False
    masknets: int = 1
    own: bool = False
    pairs: int = 512
    steps: int = 300
    width: int = 16
    loss: Literal["mse", "ssim"] = "mse"
    skips: bool = True
    users: int | None = None
    body_steps: int = 300
    first_epochs: int = 5
    epochs: int = 3

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Whom the tracker of each user names on each photo met later."""
        assert view.labels is not None  # noqa: S101  (the sealed caller checked it)
        seed = int(rng.integers(2**31))
        inversion = Inversion(
            self.masknets, self.own, self.pairs, self.steps, self.width, self.loss, self.skips
        )
        restore = restoring(view, self.restore, self.strength, inversion, seed)
        name = self._naming(view, self._meeting(view, restore, seed))
        return Tracking(named_by(view, name, lambda user: self._learnt(view, user, restore), self.users))

    def _meeting(self, view: View, restore: Restoring, seed: int) -> TrackingTask:
        assert view.bystanders is not None  # noqa: S101  (the sealed caller checked both)
        assert view.sightings is not None  # noqa: S101
        beside, met = view.bystanders, view.sightings.float()
        if self.everywhere:
            if self.restore == INVERSION and self.own:
                raise AttackError(
                    "photos of other people have no cloak of their own to take off",
                    value="own and everywhere",
                    remedy="Choose one of the two.",
                )
            beside, met = Labelled(restore(-1, beside.images), beside.labels), restore(-1, met)
        return TrackingTask(beside, met, self.augmentation != "none", seed)

    def _naming(self, view: View, task: TrackingTask) -> IdentifyFn:
        match self.kind:
            case "linear":
                return linear(task, body_named(view, self.body, self.body_steps))
            case "nearest":
                return nearest(task, body_named(view, self.body, self.body_steps))
            case "scratch":
                start = untrained(task.bystanders, _WIDTH, task.seed)
            case "fine-tuned":
                start = network_named(view, self.body, self.body_steps)
            case _:
                raise AttackError("no such tracker", value=self.kind, place="kind")
        first, then = FineTuning(epochs=self.first_epochs), FineTuning(epochs=self.epochs)
        return network(task, start, first, then)

    def _learnt(self, view: View, user: int, restore: Restoring) -> Tensor:
        """Photos that the tracker of a user learns the user from."""
        assert view.labels is not None  # noqa: S101  (the sealed caller checked it)
        cloaked = view.released[view.labels == user].float()
        return restore(user, cloaked)


def named_by(view: View, name: IdentifyFn, learnt: Learnt, users: int | None) -> Tensor:
    """What each tracker names, int64 ``(t, s)``; -1 for users beyond ``users``, or without a photo.

    Args:
        view: What the attacker sees.
        name: Trains one tracker and asks it.
        learnt: The photos that a user's tracker learns the user from.
        users: How many are tracked; None for all.
    """
    assert view.labels is not None  # noqa: S101  (the sealed caller checked both)
    assert view.sightings is not None  # noqa: S101
    count = int(view.labels.max()) + 1
    named = torch.full((count, len(view.sightings)), -1)
    for user in range(count if users is None else min(users, count)):
        photos = learnt(user)
        if len(photos):
            named[user] = name(photos)
    return named
