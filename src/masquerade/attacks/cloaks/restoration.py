"""Restoration: what a tracker does to cloaked photos before it learns from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Disguising, Labelled, Sight, View
from masquerade.attacks.cache import digest_of, kept
from masquerade.attacks.cloaks.backbones import missing
from masquerade.attacks.cloaks.purification import EVERY_PURIFICATION, purified
from masquerade.errors import AttackError
from masquerade.networks.cloaks.inversion import InvNet
from masquerade.training.hyperobf.inversion import InversionSettings, restored, train_inversion

NONE: Final = "none"
INVERSION: Final = "inversion"
Restoring = Callable[[int, Tensor], Tensor]
"""A tracked user's number and photos in, restored photos out."""


@final
@dataclass(frozen=True)
class Inversion:
    """An inversion network's budget.

    Args:
        masknets: Keys of the attacker's own; the photos are divided among them. A hypernetwork that leaked
            gives as many as are wanted.
        own: Whether the tracked users' own cloaks leaked: a network is then trained for each user with it.
        pairs: Public photos that are cloaked to learn from.
        steps: Batches.
        width: Maps of the first convolution; the thesis has 64.
        loss: ``mse`` or ``ssim``.
        skips: Whether it is a U-Net, which is stronger; the thesis's is none.
    """

    masknets: int
    own: bool
    pairs: int
    steps: int
    width: int
    loss: Literal["mse", "ssim"]
    skips: bool

    def settings(self) -> InversionSettings:
        """Settings of the training."""
        return InversionSettings(width=self.width, steps=self.steps, loss=self.loss, skips=self.skips)


def restoring(view: View, how: str, strength: float | None, inversion: Inversion, seed: int) -> Restoring:
    """The restoration of that name.

    Args:
        view: What the attacker sees.
        how: ``none``, the name of a purification, or ``inversion``.
        strength: Of a purification.
        inversion: Budget of an inversion network.
        seed: Of the attacker's randomness.

    Raises:
        AttackError: If there is no such restoration.
        MissingSight: If inversion needs a sight that is not shown.
    """
    if how == NONE:
        return lambda _, photos: photos
    if how == INVERSION:
        return inverting(view, inversion, seed)
    if how not in EVERY_PURIFICATION:
        raise AttackError(
            "no such restoration",
            value=how,
            remedy=f"Name {NONE}, {INVERSION}, or one of {', '.join(EVERY_PURIFICATION)}.",
        )
    return lambda _, photos: purified(photos, how, strength)


def inverting(view: View, inversion: Inversion, seed: int) -> Restoring:
    """Restoration by inversion networks, trained on public photos that the attacker cloaked.

    Raises:
        MissingSight: If the view shows no public people, no fresh cloaks, or no leaked ones where they are needed.
    """
    if view.public is None:
        raise missing(Sight.PUBLIC)
    public = view.public
    if inversion.own:
        if view.own is None:
            raise missing(Sight.OWN)
        own = view.own
        return lambda user, photos: restored(
            _trained(view, public, [own(user)], inversion, seed, user), photos
        )
    if view.fresh is None:
        raise missing(Sight.FRESH)
    network: list[InvNet] = []
    cloaks = [view.fresh() for _ in range(inversion.masknets)]

    def restore(_: int, photos: Tensor) -> Tensor:
        if not network:
            network.append(_trained(view, public, cloaks, inversion, seed, -1))
        return restored(network[0], photos)

    return restore


def cloaked_public(
    public: Labelled, cloaks: list[Disguising], count: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Public photos cloaked, each by one of the cloaks in turn.

    Args:
        public: The photos.
        cloaks: One or more.
        count: How many photos; all, if there are fewer.
        rng: Chooses them.

    Returns:
        Cloaked photos ``(m, 3, h, w)``, and their rows among the public ones, int64 ``(m,)``.
    """
    rows = torch.from_numpy(rng.permutation(len(public.images))[:count])
    cloaked = torch.empty((len(rows), *public.images.shape[1:]))
    for number, cloak in enumerate(cloaks[: len(rows)]):
        some = torch.arange(number, len(rows), len(cloaks))
        cloaked[some] = cloak(public.images[rows[some]].float()).float()
    return cloaked, rows


def _trained(
    view: View, public: Labelled, cloaks: list[Disguising], inversion: Inversion, seed: int, user: int
) -> InvNet:
    """The inversion network; one serves all trackers of the same released photos."""

    def train() -> InvNet:
        rng = np.random.default_rng([seed, 3])
        cloaked, rows = cloaked_public(public, cloaks, inversion.pairs, rng)
        return train_inversion(cloaked, public.images[rows].float(), inversion.settings(), rng)

    worn = cloaks[0](public.images[:1].float())  # tells attackers apart who hold other cloaks
    name = digest_of("inversion", public.images, view.released, worn, inversion, seed, user)
    return kept(name, train)
