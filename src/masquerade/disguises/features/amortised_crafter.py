"""The amortised crafter: one pass of a trained network for each photo; this project's own."""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar, Final, final

import torch
from torch import Tensor

from masquerade.crafting.craft import craft
from masquerade.crafting.prior_faces import PriorFaces
from masquerade.crafting.settings import CraftSettings
from masquerade.crafting.trained import (
    TrainedAmortiser,
    TrainedFaceGenerator,
    TrainedFeatureCrafter,
    TrainedSplit,
)
from masquerade.disguises.base import Disguise, Networks, Shape, call_of
from masquerade.disguises.batching import filled
from masquerade.disguises.checks import require_count
from masquerade.disguises.features.keyed import require_networks, settings_of
from masquerade.disguises.features.keyed_features import CraftedFeatures, latents_of
from masquerade.errors import UsageError
from masquerade.keys import Key, rounded_digest
from masquerade.promises import THE_PERSON
from masquerade.traits import Traits

_PART: Final = 16
"""Photos at a time, the last ones filled up, so that a photo has the same bits in every batch."""
REFINING: Final = CraftSettings()
"""The paper's numbers, or its code's, but the fast solver where there is a choice."""


@final
@dataclass(frozen=True)
class AmortisedCrafter(Disguise):
    """Features that a network draws to those of a face of the prior, each photo to its own, which the key draws.

    Args:
        split: The public split network, whose first half gives the features.
        generator: The public face generator whose faces are the prior.
        crafter: The public network that draws features to faces.
        beta: Weight of utility against privacy, among those that the network was trained on.
        pool: Faces of the prior that a key draws.
        choices: Of so many of the pool, drawn for a photo, the one with the nearest features is its own.
        refine: Iterations of Crafter that go on from the network's features, in batches; 0 for none.
        settings: Of these iterations, or the same as plain data; their number and beta are those above.
        amortiser: Where their search of latents begins; without one, from drawn latents.
        batch: Photos that are refined together, in the order in which they come.

    Raises:
        UsageError: If a parameter is none of these.
    """

    split: TrainedSplit
    generator: TrainedFaceGenerator
    crafter: TrainedFeatureCrafter
    _: KW_ONLY
    beta: float = 1.0
    pool: int = 256
    choices: int = 16
    refine: int = 0
    settings: CraftSettings = REFINING
    amortiser: TrainedAmortiser | None = None
    batch: int = 64

    networks: ClassVar[Networks] = {
        "split": "split",
        "generator": "face generator",
        "crafter": "crafter",
        "amortiser": "amortiser",
    }
    keyed_by_secret = True
    promises = THE_PERSON
    restorable = False

    def __post_init__(self) -> None:
        place = "AmortisedCrafter"
        require_networks(self.split, self.generator, self.amortiser, place)
        _require_crafter(self.crafter, self.split, self.beta)
        require_count("number of faces in the pool", self.pool, 1, 65_536, place)
        require_count("number of faces to choose from", self.choices, 1, self.pool, place)
        require_count("number of iterations", self.refine, 0, 1_000_000, place)
        require_count("number of photos in a batch", self.batch, 1, 4096, place)
        object.__setattr__(self, "settings", settings_of(self.settings, CraftSettings, place))

    takes_long = True

    @property
    def traits(self) -> Traits:
        """Features near the photo's own; those that are refined depend on their batch."""
        return Traits(self.per_image, linear=False, same_map=True, keeps_inner_products=False)

    @property
    def per_image(self) -> bool:
        """Whether photos are crafted one by one: those that are refined share a critic."""
        return self.refine == 0

    @property
    def features_of(self) -> TrainedSplit:
        """The split network."""
        return self.split

    @property
    def crafted_together(self) -> int:
        """Photos in a batch."""
        return self.batch

    def keyed(self, key: Key, shape: Shape) -> "KeyedAmortisedCrafter":
        """The key's faces of the prior, for photos of ``shape``."""
        return KeyedAmortisedCrafter(self, key.derive("amortised crafter"), shape)


@final
class KeyedAmortisedCrafter(CraftedFeatures):
    """A secret pool of faces, and a secret choice of them for each photo.

    Args:
        how: The public half.
        key: The key of this use.
        shape: Channels, height and width of the photos.

    Raises:
        UsageError: If the encoder takes photos of another shape, or not the generator's.
    """

    def __init__(self, how: AmortisedCrafter, key: Key, shape: Shape) -> None:
        super().__init__(how.split, how.generator, key, shape)
        self._how = how
        self._pool = latents_of(key.stream("pool"), how.pool, self._rebuild.latents)
        self._prior = PriorFaces(self._rebuild, self._pool)

    def digest(self) -> bytes:
        """SHA-256 over the pool, rounded."""
        return rounded_digest([self._pool.numpy()])

    def _answer(self, images: Tensor, nonces: list[bytes], query: int) -> Tensor:
        originals = self._encoding[0].disguise(images, None)
        drawn = self._key.stream(f"faces query {query}").fields(nonces, self._how.pool)
        own = self._prior.nearest(originals, torch.from_numpy(drawn), self._how.choices)
        features = torch.empty_like(originals)
        for start in range(0, len(images), _PART):
            some = slice(start, start + _PART)
            features[some] = self._pass(originals[some], own[some])
        if self._how.refine:
            for start in range(0, len(images), self._how.batch):
                some = slice(start, start + self._how.batch)
                features[some] = self._refined(originals[some], features[some], call_of(nonces[some]), query)
        return features

    def _pass(self, originals: Tensor, own: Tensor) -> Tensor:
        beta = torch.full((_PART,), self._how.beta)
        faces = filled(self._prior.features[own], _PART)
        crafted: Tensor = self._how.crafter.network(filled(originals, _PART), faces, beta)
        return crafted[: len(own)]

    def _refined(self, originals: Tensor, first: Tensor, call: bytes, query: int) -> Tensor:
        how = self._how
        minibatch = how.settings.adversary.minibatch
        drawn = self._drawn(self._stream(call, query), len(originals), minibatch, how.amortiser)
        settings = how.settings.model_copy(update={"beta": how.beta, "iterations": how.refine})
        with torch.enable_grad():
            return craft(originals, self._rebuild, settings, **drawn._asdict(), first=first).features


def _require_crafter(crafter: object, split: TrainedSplit, beta: float) -> None:
    place = "AmortisedCrafter"
    if not isinstance(crafter, TrainedFeatureCrafter):
        raise UsageError(
            "not an amortised crafter",
            value=repr(crafter)[:100],
            place=place,
            remedy="Give what masquerade.crafting.shipped.open_feature_crafter returns.",
        )
    if crafter.network.options.features != split.network.feature_shape:
        raise UsageError(
            "the amortised crafter takes features of another shape",
            value=f"{crafter.network.options.features}, expected {split.network.feature_shape}",
            place=place,
            remedy="Train one for this encoder.",
        )
    least, most = crafter.betas
    if not least <= beta <= most:
        raise UsageError(
            "a beta that the amortised crafter was not trained on",
            value=f"{beta:g}",
            place=place,
            remedy=f"Take one from {least:g} to {most:g}.",
        )
