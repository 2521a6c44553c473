"""Prepare a disguise job: everything about it that is settled before the first photo is opened."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from masquerade import __version__
from masquerade.disguises.base import Disguise, Keyed, Shape, derivation_check
from masquerade.errors import UsageError
from masquerade.faces.reading import PhotoReader
from masquerade.keys import Key
from masquerade.owner.batches import Batches, CraftedBatches, FilledBatches
from masquerade.owner.photo_list import PhotoList
from masquerade.owner.records import DatasetRecord
from masquerade.owner.shards import ShardMaker
from masquerade.owner.stored_dtype import probe, stored_type
from masquerade.recipes import Recipe
from masquerade.recipes.measured import verdict_of
from masquerade.released.made_with import here
from masquerade.released.manifest import Manifest
from masquerade.released.shard import Layout, StoredType
from masquerade.released.writer import Plan

SHARD_BYTES = 4 << 20
"""Aimed at for a shard: large enough for fsync not to matter, small enough for several to be in memory."""


FEWEST_SHARDS = 8
"""Where there are photos enough for as many batches."""

CRAFTED_SHARD = 32
"""Crafted photos in a shard, at least: crafting takes seconds a photo, and progress is told after every shard."""


@final
@dataclass(frozen=True)
class Job:
    """A job that is ready to run.

    Args:
        photos: What is to be disguised.
        recipe: How.
        plan: What is to be written.
        maker: Makes each shard.
        labels: Label of each person.
        bytes: Size of all shards, should no photo be turned away.
    """

    photos: PhotoList
    recipe: Recipe
    plan: Plan
    maker: ShardMaker
    labels: NDArray[np.int64]
    bytes: int

    @property
    def dataset_id(self) -> str:
        """Id of the data set."""
        return self.plan.head.dataset_id

    def record(self, images: NDArray[np.int64]) -> DatasetRecord:
        """What the owner keeps, given the number of images of each label."""
        person_of = np.argsort(self.labels)
        recipe = self.recipe
        return DatasetRecord(
            dataset_id=self.dataset_id,
            recipe=recipe.name,
            height=recipe.height,
            width=recipe.width,
            mode=recipe.mode,
            dtype=self.plan.head.dtype,
            disguise=dict(self.plan.head.disguise),
            faces=self.plan.head.faces,
            people=tuple(self.photos.people[person] for person in person_of),
            images=tuple(images.tolist()),
            key_fingerprint=self.plan.head.key_fingerprint,
        )


def prepare(
    photos: PhotoList,
    key: Key,
    recipe: Recipe,
    *,
    shard_images: int | None,
    accept_broken: bool,
    cache: Path,
    reader: PhotoReader,
) -> Job:
    """Settle ids, labels, order, shards and stored type of a job; all follow from key, recipe and photos.

    Args:
        photos: What is to be disguised.
        key: The owner's key.
        recipe: How to disguise.
        shard_images: Photos in a shard; by itself about 4 MiB.
        accept_broken: What the manifest says about it.
        cache: Where features are kept if the recipe crafts them; not opened here.
        reader: Reads photos, at the recipe's size.

    Raises:
        UsageError: If the recipe's disguise mixes images of a batch and does not craft them, or the options do not fit.
        MasqueradeError: If the recipe's encoder cannot be opened.
    """
    protection = recipe.whole()
    keyed = keyed_disguise(recipe, protection, key)
    batches, stored_shape, dtype = _batches(protection, keyed, key, cache)
    size = fitting_shard(stored_shape, dtype, len(photos), batches) if shard_images is None else shard_images
    if size < 1:
        raise UsageError("a shard holds at least one image", value=size, remedy="Leave the number out.")
    source = photos.digest()
    disguise: dict[str, Any] = json.loads(json.dumps(protection.describe()))
    faces = [] if reader.described == "as-is" else [reader.described]
    settings = [recipe.name, disguise, keyed.shape, recipe.mode, dtype, size, source, *faces]
    dataset_id = key.authenticate("released/dataset-id", json.dumps(settings).encode())[:32]
    labels, order = secret_order(key, dataset_id, len(photos.people), len(photos))
    head = Manifest(
        dataset_id=dataset_id,
        recipe=recipe.name,
        disguise=disguise,
        key_fingerprint=key.fingerprint,
        derivation_check=derivation_check(key, keyed),
        image_shape=keyed.shape,
        stored_shape=stored_shape,
        dtype=dtype,
        classes=len(photos.people),
        images=0,
        shards=(),
        masquerade=__version__,
        accepted_broken=accept_broken,
        faces=reader.described,
        verdict=verdict_of(recipe.name, protection.describe(), keyed.shape),
        made_with=here(),
    )
    shards = -(-len(photos) // size)
    maker = ShardMaker(photos, order, labels, size, batches, reader, stored_shape, dtype)
    total = Layout(dataset_id, 0, len(photos), stored_shape, dtype).total_bytes
    return Job(photos, recipe, Plan(head, shards, source), maker, labels, total)


def secret_order(
    key: Key, dataset_id: str, people: int, photos: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Label of each person, and the order in which photos are released; both follow from the key.

    Args:
        key: The owner's key.
        dataset_id: Id of the data set.
        people: How many people there are.
        photos: How many photos, those that are turned away among them.
    """
    secret = key.derive(f"released/{dataset_id}")
    return secret.stream("labels").permutation(people), secret.stream("order").permutation(photos)


def keyed_disguise(recipe: Recipe, protection: Disguise, key: Key) -> Keyed:
    """The secret half of a recipe's whole disguise for photos of the recipe's size.

    Raises:
        UsageError: If it mixes the images of a batch: then a shard would not be the same twice. Crafting does
            too, but its features are kept.
    """
    if not (protection.per_image or protection.crafted_together):
        raise UsageError(
            "a disguise whose images depend on each other",
            value=recipe.name,
            remedy="Choose a recipe that disguises every photo on its own.",
        )
    return protection.with_key(key, (3 if recipe.mode == "RGB" else 1, recipe.height, recipe.width))


def _batches(protection: Disguise, keyed: Keyed, key: Key, cache: Path) -> tuple[Batches, Shape, StoredType]:
    """How batches are disguised, and shape and type of what is stored."""
    if (together := protection.crafted_together) is not None:
        crafted = CraftedBatches(keyed, together, key, protection.describe(), cache)
        return crafted, keyed.out_shape, "float32"  # a probe would be crafted
    shape, largest = probe(keyed)
    return FilledBatches(keyed), shape, stored_type(largest)


def fitting_shard(shape: Shape, dtype: StoredType, photos: int, batches: Batches) -> int:
    """Photos for a shard of at most about ``SHARD_BYTES``, in whole batches; fewer if there are few in all.

    Several shards keep several processors busy, and a job that is interrupted loses less.
    """
    if isinstance(batches, CraftedBatches):
        return batches.size * -(-CRAFTED_SHARD // batches.size)
    image = Layout("", 0, 1, shape, dtype).images_bytes
    largest = max(1, SHARD_BYTES // image)
    even = -(-photos // FEWEST_SHARDS)
    return max(1, min(largest // batches.size, -(-even // batches.size))) * batches.size
