"""One repetition of one arm: a key of its own, the disguised images, and the model that the cloud trains."""

from functools import cached_property
from hashlib import sha256
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from masquerade.attacks.base import Disguising
from masquerade.audit.scene import Scene
from masquerade.audit.study import ArmSpec, TrainingSpec
from masquerade.disguises import from_description
from masquerade.disguises.base import Disguise
from masquerade.errors import StudyError
from masquerade.keys import Key
from masquerade.recipes import recipe
from masquerade.training import Settings, fit, preset, probabilities

BATCH = 256


def disguise_of(arm: ArmSpec) -> Disguise:
    """The disguise that an arm of a study names or writes out."""
    if arm.recipe is not None:
        return recipe(arm.recipe).disguise
    assert arm.disguise is not None  # noqa: S101  (validated by ArmSpec)
    return from_description(arm.disguise)


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


@final
class Trial:
    """One repetition of one arm; everything is computed when first asked for.

    Args:
        scene: The study's images.
        arm: The protection.
        training: How the cloud trains, or None where no model is asked for.
        seed: Numbers this repetition: it has its own key and its own training.
    """

    def __init__(self, scene: Scene, arm: ArmSpec, training: TrainingSpec | None, seed: int) -> None:
        self.scene = scene
        self.disguise = disguise_of(arm)
        self.training = arm.training or training
        self.seed = seed
        self._arm = arm.name

    @cached_property
    def _keyed(self) -> Disguising:
        return self.disguise.with_key(study_key(self.seed, "owner"), self.scene.train.shape)

    def disguised(self, images: Tensor) -> Tensor:
        """Images under this repetition's key, float32."""
        return torch.cat([self._keyed(batch) for batch in torch.split(images, BATCH)])

    def fresh(self, rng: np.random.Generator) -> Disguising:
        """The same disguise under a key of the attacker's own."""
        key = study_key(int(rng.integers(2**62)), "attacker")
        return self.disguise.with_key(key, self.scene.train.shape)

    @cached_property
    def released(self) -> Tensor:
        """The disguised training images."""
        return self.disguised(self.scene.train.images)

    @cached_property
    def model(self) -> nn.Module:
        """What the cloud trains on the disguised training images."""
        if self.training is None:
            raise StudyError("an attack needs a model, but the study trains none", place=f"arm {self._arm}")
        settings = settings_of(self.training)
        classes = len(self.scene.train.names)
        rng = np.random.default_rng([self.seed, 1])
        return fit(self.released, self.scene.train.labels, settings, classes, rng)

    def probabilities(self, images: Tensor) -> Tensor:
        """The model as a black box: images as it takes them, to class probabilities."""
        return probabilities(self.model, images)
