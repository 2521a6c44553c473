"""One repetition of one arm: a key of its own, the disguised images, and the model that the cloud trains."""

from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.attacks.base import Disguising
from masquerade.audit.scenes.bounds import naming_bounds
from masquerade.audit.scenes.cloaked import Cloaks, keyed_among
from masquerade.audit.scenes.distilled import DistilledNetworks, constant_noise
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.features import KeptFeatures, feature_scores, taught, together_in
from masquerade.audit.scenes.kept_network import KeptNetworks
from masquerade.audit.scenes.measured import measured_on
from masquerade.audit.studies.study import ArmSpec, HeldSpec, NoiseSpec, TrainingSpec
from masquerade.data.image_set import ImageSet
from masquerade.disguises import Chain, from_description
from masquerade.disguises.base import Disguise, Keyed
from masquerade.disguises.chain import keyed_after_encoder
from masquerade.disguises.promised import kinds_in, means_to_protect, promised_by
from masquerade.disguises.tokens.adversarial_noise import AdversarialNoise
from masquerade.disguises.tokens.encode import Encode
from masquerade.encoders import open_encoder
from masquerade.errors import NotApplicable, NotMeasurable, StudyError
from masquerade.keys import Key
from masquerade.measuring import Measured
from masquerade.metrics import (
    Score,
    cloak_quality,
    recognition,
    tar_at_far,
    utility,
)
from masquerade.networks import Network
from masquerade.promises import QUESTIONS, Question
from masquerade.recipes import encoded, recipe
from masquerade.training import Settings, embeddings, fit, preset, probabilities
from masquerade.training.xnn_d import XNNDSettings

BATCH = 256
FALSE_ACCEPTS = (1e-2, 1e-3)
"""Rates at which verification is measured, where the pairs are enough."""


def disguise_of(arm: ArmSpec) -> Disguise:
    """The disguise that an arm of a study names or writes out, with its public encoder if it has one."""
    disguise = _disguise_of(arm)
    if arm.encoded_by is None:
        return disguise
    return Chain((disguise, Encode(open_encoder(arm.encoded_by))))


def _disguise_of(arm: ArmSpec) -> Disguise:
    if arm.given is not None:
        return arm.given.disguise
    if arm.recipe is not None:
        known = recipe(arm.recipe).changed(arm.change)
        return (replace(known, encoder=arm.encoder) if arm.encoder else known).whole()
    assert arm.disguise is not None  # noqa: S101  (validated by ArmSpec)
    written = from_description(arm.disguise)
    return written if arm.encoder is None else encoded(written, arm.encoder)


def disguise_held(held: HeldSpec) -> Disguise:
    """The disguise of which an attacker draws keys."""
    return recipe(held.recipe).changed(held.change).whole()


def described(arm: ArmSpec) -> dict[str, Any]:
    """The public parameters of an arm's protection, as reports cite them."""
    whole = disguise_of(arm).describe()
    if arm.noise is None:
        return whole
    return {"kind": "Chain", "parts": [whole, {"kind": AdversarialNoise.__name__, **arm.noise.model_dump()}]}


def protects(arm: ArmSpec) -> bool:
    """Whether an arm claims to protect: by a key, as a tool, by the noise of XNN-d, or because it says so."""
    if arm.protected is not None:
        return arm.protected
    return means_to_protect(disguise_of(arm)) or (arm.noise is not None and arm.noise.amount > 0)


def promises(arm: ArmSpec) -> list[Question]:
    """The questions that an arm's protection means to leave open, in their order."""
    promised = AdversarialNoise.promises if arm.noise is not None else promised_by(disguise_of(arm))
    return [question for question in QUESTIONS if question in promised]


def secret_kinds(arm: ArmSpec) -> list[str]:
    """The kinds of an arm's parts after the public encoder, chains aside, sorted."""
    if arm.noise is not None:
        return [AdversarialNoise.__name__]
    return sorted(kinds_in(disguise_of(arm).public_prefix()[1]))


def study_key(seed: int, purpose: str) -> Key:
    """A key for an audit, reproducible from the study file: it protects nobody's photos."""
    return Key.from_secret(sha256(f"masquerade audit {purpose} {seed}".encode()).digest())


def settings_of(training: TrainingSpec) -> Settings:
    """The settings that a study's training section says."""
    change: dict[str, Any] = dict(training.change)
    if training.network is not None:
        change["network"] = training.network
    if training.options:
        change["options"] = training.options
    known = preset(training.preset).model_dump()
    return Settings.model_validate({**known, **change})


def noise_settings(noise: NoiseSpec, training: TrainingSpec | None, arm: str) -> XNNDSettings:
    """The settings of XNN-d that an arm says.

    Args:
        noise: The arm's noise.
        training: How the recogniser is trained.
        arm: What messages call the arm.

    Raises:
        StudyError: If no training is said.
        UsageError: If ``noise.change`` says what XNN-d has not.
    """
    if training is None:
        raise StudyError("XNN-d trains, but the study says not how", place=f"arm {arm}")
    known = XNNDSettings(recogniser=settings_of(training), adversarial_steps=noise.steps).model_dump()
    inside = {**known["noise"], "amount": noise.amount, **noise.change.get("noise", {})}
    return XNNDSettings.read({**known, **noise.change, "noise": inside})


@final
class Trial:
    """One repetition of one arm; everything is computed when first asked for.

    Args:
        scenes: The study's images, as they are and as public encoders show them.
        arm: The protection.
        training: How the cloud trains, or None where no model is asked for.
        seed: Numbers this repetition: it has its own key and its own training.
        name: All that determines the repetition: networks are kept by it. Empty keeps none.

    Attributes:
        scene: The images before the secret steps: feature maps where a public encoder comes first.
        given: What was released, where it is given and not drawn anew.
        distilled: What XNN-d trains; None for any other protection.
        cloaks: What tracked users wear, each under a key of their own; None where nobody is tracked.

    Raises:
        StudyError: If XNN-d is asked for without an encoder, or beside another protection.
    """

    def __init__(
        self, scenes: EncodedScenes, arm: ArmSpec, training: TrainingSpec | None, seed: int, name: str = ""
    ) -> None:
        self._whole = disguise_of(arm)
        prefix, self._steps = self._whole.public_prefix()
        self.given = arm.given.released if arm.given else None
        self.scene = scenes.through(prefix, arm.side).few(arm.photos)
        self.photos = scenes.through(None, arm.side).few(arm.photos)
        self.training = arm.training or training
        self.seed = seed
        self._arm = arm
        self._folder = scenes.folder
        self._networks = KeptNetworks(scenes.folder, name)
        self.distilled: DistilledNetworks | None = None
        if arm.noise is not None:
            if prefix is None or self._steps.in_order():
                raise StudyError(
                    "XNN-d follows a public encoder and nothing else",
                    place=f"arm {arm.name}",
                    remedy="Take a recipe without secret steps, such as xnn-none.",
                )
            settings = noise_settings(arm.noise, self.training, arm.name)
            self.distilled = DistilledNetworks(self.scene.train, settings, seed)
        self.cloaks: Cloaks | None = None
        if self.scene.bystanders is not None:
            key_of = lambda user: study_key(seed, f"user {user}")  # noqa: E731
            self.cloaks = Cloaks(self.disguise, self.scene.train.shape, key_of, self.scene.public.images)

    @property
    def disguise(self) -> Disguise:
        """The secret steps and all after them, or XNN-d's trained noise."""
        return self._steps if self.distilled is None else self.distilled.disguise

    @cached_property
    def _keyed(self) -> Keyed:
        if self.given is not None and self.given.key is not None:
            return keyed_after_encoder(self._whole, self.given.key, self.photos.train.shape)
        return self.disguise.with_key(study_key(self.seed, "owner"), self.scene.train.shape)

    @cached_property
    def traits(self) -> Measured | None:
        """The four traits as measured on this repetition's protection; None where it takes long, or cannot be asked."""
        if self.disguise.takes_long:
            return None
        return measured_on(self._keyed if self.cloaks is None else self.cloaks.of(0), self.scene)

    @property
    def known(self) -> ImageSet | None:
        """Named photos of the people of the test, by which evaluators know them; None where nobody is known."""
        alike = (
            not self.scene.unseen and self.scene.bystanders is None and self._steps.features_of is not None
        )
        return self.scene.train if alike else None

    @cached_property
    def _features(self) -> KeptFeatures | None:
        """Features that take long, all but an encoder's own, by the content of photos."""
        steps = self._steps
        if steps.features_of is None or not (steps.keyed_by_secret or steps.takes_long):
            return None
        return self._kept(self._keyed, f"{self._steps.describe()} {self.seed}")

    def _kept(self, protect: Disguising, name: str) -> KeptFeatures:
        return KeptFeatures(protect, name, self._folder, together_in(self._steps))

    def repeated(self, private: ImageSet, rows: Tensor, times: int) -> Tensor:
        """What so many further queries of the same photos get, ``(times, n, *shape)``; see ``ArmSpec.repeats``.

        Args:
            private: The photos that are protected together.
            rows: Those of them that the attacker gets.
            times: Queries.
        """
        if self._arm.repeats == "cached":
            return self.disguised(private.images)[rows].expand(times, -1, -1, -1, -1)
        shuffle = torch.Generator().manual_seed(self.seed)
        found = []
        for number in range(1, times + 1):
            name = f"{self._steps.describe()} {self.seed} query {number}"
            answer = self._kept(self._again(number), name)(private.images)[rows]
            shuffled = self._arm.repeats == "shuffled"
            found.append(answer[torch.randperm(len(answer), generator=shuffle)] if shuffled else answer)
        return torch.stack(found)

    def _again(self, number: int) -> Disguising:
        """The protection with new draws: of the same key where it can, else of another."""
        keyed = self._keyed
        if keyed.draws_again:
            return lambda images: keyed.again(images, number)
        key = study_key(self.seed, f"query {number}")
        return self.disguise.with_key(key, self.scene.train.shape)

    def disguised(self, images: Tensor) -> Tensor:
        """Images under this repetition's key, float32; all at once if the disguise mixes them."""
        if self._features is not None:
            return self._features(images)
        size = BATCH if self.disguise.per_image else max(1, len(images))
        return torch.cat([self._keyed(batch) for batch in torch.split(images, size)])

    def release_of(self, private: ImageSet, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What leaves the owner, or tracked users, for the images at ``rows``; as ``release`` gives it."""
        if self.given is not None:
            return self._stored(private)[rows], torch.arange(len(rows))
        if self.cloaks is not None:
            return self.cloaks.cloaked(private)[rows], torch.arange(len(rows))
        if self._features is not None and private is self.scene.test:
            return self.disguised(private.images)[rows], torch.arange(len(rows))
        return self.release(private.images[rows])

    def leaked(self, private: ImageSet, rows: Tensor) -> Tensor:
        """What leaves the owner for images whose originals leak as well, row by row."""
        return self.disguised(private.images[rows]) if self.given is None else self._stored(private)[rows]

    def _stored(self, private: ImageSet) -> Tensor:
        assert self.given is not None  # noqa: S101  (the callers asked)
        return self.given.train if private is self.scene.train else self.given.test

    def release(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """What leaves the owner for images, and which image each row stands for.

        A disguise that mixes images draws other mixtures for another order of them; there may be several
        ``encodings`` of all, the first in the order of the images.
        """
        orders = self._orders(len(images))
        return torch.cat([self.disguised(images[order]) for order in orders]), torch.cat(orders)

    def shares(self, images: Tensor) -> Tensor:
        """How much of each of the n images is in each row of ``release``, ``(rows, n)``."""
        own = torch.eye(len(images))
        return torch.cat(
            [self._keyed.targets(images[order], own[order]) for order in self._orders(len(images))]
        )

    def _orders(self, n: int) -> list[Tensor]:
        shuffle = np.random.default_rng([self.seed, 3])
        more = [torch.from_numpy(shuffle.permutation(n)) for _ in range(self._arm.encodings - 1)]
        return [torch.arange(n), *more]

    def queried(self, images: Tensor) -> Tensor:
        """What the owner hands to the model at recognition, float32."""
        return torch.cat([self._keyed.query(batch) for batch in torch.split(images, BATCH)])

    def fresh(self, rng: np.random.Generator, held: Disguise | None = None) -> Disguising:
        """The same disguise under a key of the attacker's own, or ``held``, another one that the attacker has.

        Raises:
            NotApplicable: If the disguise is trained, not keyed.
        """
        if self.distilled is not None:
            raise NotApplicable(
                "the noise of XNN-d is trained and has no key", remedy="Run black_box, or eavesdropper."
            )
        key = study_key(int(rng.integers(2**62)), "attacker")
        return keyed_among(held or self.disguise, key, self.scene.train.shape, self.scene.public.images)

    @cached_property
    def released(self) -> Tensor:
        """The disguised training images."""
        if self.given is not None:
            return self.given.train
        return self.disguised(self.scene.train.images)

    @cached_property
    def model(self) -> Network:
        """What the cloud trains on the disguised training images, or what XNN-d's owner distils for it."""
        if self.distilled is not None:
            return self.distilled.student
        if self.given is not None and self.given.model is not None:
            return self.given.model
        if self._arm.trained_on == "public":
            return self.teacher
        if self.training is None:
            raise StudyError(
                "an attack needs a model, but the study trains none", place=f"arm {self._arm.name}"
            )
        settings, rng = settings_of(self.training), np.random.default_rng([self.seed, 1])
        images, targets = self._training_set()
        classes = targets.shape[1] if targets.ndim == 2 else len(self.scene.train.names)
        train = lambda: fit(images, targets, settings, classes, rng)  # noqa: E731
        return self._networks.network("model", settings, images.shape[1:], classes, train)

    def _training_set(self) -> tuple[Tensor, Tensor]:
        """Released images and their classes, or shares of classes where the disguise mixes images."""
        train = self.scene.train
        if self.disguise.per_image and self._arm.encodings == 1:
            return self.released, train.labels
        images, _ = self.release(train.images)
        shares = functional.one_hot(train.labels, len(train.names)).float()
        orders = self._orders(len(train))
        return images, torch.cat([self._keyed.targets(train.images[o], shares[o]) for o in orders])

    @cached_property
    def teacher(self) -> Network:
        """A public recogniser of images before the secret steps: trained on the public people.

        Raises:
            StudyError: If the study trains nothing.
        """
        if self.training is None:
            raise StudyError(
                "an attack needs a teacher, but the study trains none", place=f"arm {self._arm.name}"
            )
        public = self.scene.public
        known, labels = torch.unique(public.labels, return_inverse=True)
        rng, settings = np.random.default_rng([self.seed, 4]), settings_of(self.training)
        train = lambda: fit(public.images, labels, settings, len(known), rng)  # noqa: E731
        return self._networks.network("teacher", settings, public.shape, len(known), train)

    def probabilities(self, images: Tensor) -> Tensor:
        """The model as a black box: images as it takes them, to class probabilities."""
        return probabilities(self.model, images)

    def scores(self) -> dict[str, Score]:
        """Utility of the model, or of the cloaked photos to their users' eyes, and what stands beside it."""
        test = self.scene.test
        if self.cloaks is not None:
            published = self.scene.train
            return cloak_quality(self.cloaks.cloaked(published), published.images, published.labels)
        split = self._steps.features_of
        if split is not None:
            encoder = self._steps.answers_of
            if (photos := self._arm.cloud_learns) is not None:
                split = encoder = taught(self.scene, self.disguised, split, photos, self.seed)
            found = feature_scores(self.scene, self.disguised(test.images), split, encoder)
            return {**found, **naming_bounds(self.scene, self._steps, split, self.disguised)}
        if not self.scene.unseen:
            seen = self.queried(test.images)
            right = utility(self.probabilities(seen), test.labels, self.scene.units(test))
            return {"utility": right, **constant_noise(self.distilled, test, seen)}
        seen = self.queried(test.images)
        found = {"utility": recognition(embeddings(self.model, seen), test.labels)}
        found["untrained"] = recognition(seen, test.labels, "rank1_untrained")
        if self.distilled is not None:
            taught_clean = embeddings(self.distilled.teacher, seen)
            found["clean recogniser"] = recognition(taught_clean, test.labels, "rank1_clean_recogniser")
            found |= constant_noise(self.distilled, test, seen)
        found["pixels"] = recognition(self.photos.test.images, test.labels, "rank1_pixels")
        for far in FALSE_ACCEPTS:
            with suppress(NotMeasurable):
                found[f"tar {far}"] = tar_at_far(embeddings(self.model, seen), test.labels, far)
        return found
