"""Protected features in an audit: each photo's are computed once, and what the cloud tells from them is scored."""

from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Final, final

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from masquerade.attacks.base import Disguising
from masquerade.attacks.features.decoder import first_rows
from masquerade.audit.alone import alone
from masquerade.audit.scenes.scene import Scene
from masquerade.crafting.shipped import open_generator
from masquerade.crafting.trained import TrainedSplit
from masquerade.disguises import Disguise
from masquerade.disguises.features.split_encode import SplitEncode
from masquerade.errors import NotApplicable, StudyError
from masquerade.keys import Key
from masquerade.metrics import Score, attribute_agreement, attribute_auc
from masquerade.metrics.pictures.perceptual_indistinguishability import SAMPLES
from masquerade.metrics.tasks.attribute_auc import measurable
from masquerade.training.crafter.attributes import attribute_logits
from masquerade.training.crafter.server_half import CloudHalfSettings, train_cloud_half

_SEED: Final = 7


def require_split_of(disguise: Disguise) -> TrainedSplit:
    """The split network whose features a disguise gives.

    Raises:
        NotApplicable: If the disguise gives no features of a split network.
    """
    split = disguise.features_of
    if split is None:
        raise NotApplicable(
            "the released data are no features of a split network",
            remedy="Take a recipe such as crafter-none.",
        )
    return split


def together_in(disguise: Disguise) -> int | None:
    """Photos that a disguise crafts together, those before and after them apart; None where it says no number."""
    return next((step.crafted_together for step in disguise.in_order() if step.crafted_together), None)


@cache
def prior_faces(shape: tuple[int, int, int]) -> dict[str, Tensor]:
    """Faces of the shipped generator, drawn apart from any that crafting sees; none for photos of another shape."""
    generator = open_generator()
    if generator.network.generator.image_shape != shape:
        return {}
    latents = torch.randn(2 * SAMPLES, generator.latents, generator=torch.Generator().manual_seed(_SEED))
    with torch.no_grad():
        return {"prior": generator.network(latents) * 255}


@final
class KeptFeatures:
    """Features by the content of photos, so that a second query gets what the first got.

    Args:
        protect: Photos to features; those of one call may depend on each other.
        name: Tells protection and key from others.
        folder: Where features outlast the process, or None.
        together: Photos of one call that depend on each other; None for all. So many are protected and kept at a
            time, so that a job that is stopped loses no more.
    """

    def __init__(
        self, protect: Disguising, name: str, folder: Path | None, together: int | None = None
    ) -> None:
        self._protect = protect
        self._name = name
        self._folder = folder
        self._together = together
        self._known: dict[bytes, Tensor] = {}

    def __call__(self, images: Tensor) -> Tensor:
        """Features of photos; those not met before are protected in their order."""
        whole = images.float().clamp(0, 255).round().to(torch.uint8)
        own = [sha256(image.contiguous().numpy().tobytes()).digest() for image in whole]
        new = {key: row for row, key in enumerate(own) if key not in self._known}
        rows = sorted(new.values())
        size = self._together or max(1, len(rows))
        for some in (rows[start : start + size] for start in range(0, len(rows), size)):
            found = self._on_disk(b"".join(own[row] for row in some), partial(self._protect, whole[some]))
            self._known |= {own[row]: features for row, features in zip(some, found, strict=True)}
        return torch.stack([self._known[key] for key in own])

    def _on_disk(self, photos: bytes, make: Callable[[], Tensor]) -> Tensor:
        if self._folder is None:
            return make()
        digest = sha256(self._name.encode() + photos).hexdigest()[:24]
        file = self._folder / f"crafted-{digest}.safetensors"
        with alone(file):
            if not file.exists():
                draft = file.with_suffix(".part")
                save_file({"features": make().contiguous()}, draft)
                draft.replace(file)
        return load_file(file)["features"]


def taught(scene: Scene, protect: Disguising, split: TrainedSplit, photos: int, seed: int) -> TrainedSplit:
    """The same encoder with a cloud's half that learned from protected features of so many public photos.

    Raises:
        StudyError: If the attributes of public photos are not known.
    """
    known = scene.public_attributes
    if known is None:
        raise StudyError(
            "the cloud cannot learn a task whose answers nobody knows",
            value=scene.facts.name,
            place="cloud_learns",
            remedy="Take celeba.",
        )
    rows = first_rows(len(scene.public), photos)
    features, settings = protect(scene.public.images[rows]), CloudHalfSettings()
    network = train_cloud_half(split.network, features, known.values[rows], settings, seed)
    return TrainedSplit.of(split.name, network, split.attributes)


def feature_scores(
    scene: Scene, features: Tensor, split: TrainedSplit, encoder: TrainedSplit | None = None
) -> dict[str, Score]:
    """What the cloud tells from the protected features of the test photos.

    Where the right attributes are known, their mean AUC and how many attributes have both answers; and always how
    often the answers are those on unprotected features.

    Args:
        scene: A study of features.
        features: Protected ones of ``scene.test``.
        split: The network whose cloud's half reads them.
        encoder: The network whose answers they stand for; by itself the same.
    """
    test = scene.test
    whole = encoder or split
    plain = SplitEncode(whole).with_key(Key.generate(), test.shape)(test.images)
    said, before = attribute_logits(split.network, features), attribute_logits(whole.network, plain)
    agreement = attribute_agreement(said, before, test.labels)
    known = scene.attributes
    if known is None or known.values.shape[1] != said.shape[1]:
        return {"utility": agreement}
    auc = attribute_auc(said, known.values, test.labels)
    count = float(measurable(known.values).sum())
    told = Score("attributes_measured", count, count, count, count, auc.n, auc.identities)
    return {"utility": auc, "agreement": agreement, "attributes": told}
