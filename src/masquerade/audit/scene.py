"""The images of a study, divided between owner, cloud and attacker; only the audit sees all of them."""

from dataclasses import dataclass
from pathlib import Path

import torch

from masquerade.audit.results import DataFacts
from masquerade.audit.study import DataSpec
from masquerade.data import builtin, folders, packs, splits
from masquerade.data.image_set import ImageSet
from masquerade.errors import StudyError

SPLIT_SEED = 0
"""Splits are the same in all repetitions, so that intervals show keys and seeds, not luck of the split."""


@dataclass(frozen=True)
class Scene:
    """Who has which images.

    Args:
        train: What the owner disguises and the cloud trains on.
        test: Other images of the same classes, held back.
        public: Images of other people (or other images, where classes are not people).
        outsiders: Images of classes that were not trained on; labels numbered on their own.
        facts: What a report says of the data.
        of_people: Whether a class is a person, and so the unit of resampling; else each image is one.
    """

    train: ImageSet
    test: ImageSet
    public: ImageSet
    outsiders: ImageSet | None
    facts: DataFacts
    of_people: bool = True

    def units(self, images: ImageSet) -> torch.Tensor:
        """What to resample images by: their person, or a number for each image."""
        return images.labels if self.of_people else torch.arange(len(images))


def make_scene(spec: DataSpec, data: Path | None) -> Scene:
    """Load the data of a study and divide them.

    Args:
        spec: The study's data section.
        data: The data root given by the user, or None for the environment variable.

    Raises:
        StudyError: If data are missing or too few.
    """
    if spec.source in ("mnist", "cifar10"):
        return _classes_scene(spec, packs.data_root(data))
    return _people_scene(spec, _people(spec, data))


def _people(spec: DataSpec, data: Path | None) -> ImageSet:
    if spec.source == "orl":
        return _in_mode(builtin.orl(spec.height, spec.width), spec.mode)
    if spec.source == "lfw":
        return packs.lfw(packs.data_root(data), spec.height, spec.width, spec.mode, spec.min_images)
    if spec.path is None:
        raise StudyError("a folder study names no folder", place="data.path", remedy="Give `path` a folder.")
    root = Path(spec.path) if data is None else data / spec.path
    return folders.load(root, spec.height, spec.width, spec.mode, spec.min_images)[0]


def _in_mode(images: ImageSet, mode: str) -> ImageSet:
    if mode == "L" or images.shape[0] == 3:
        return images
    return ImageSet(images.images.expand(-1, 3, -1, -1).contiguous(), images.labels, images.names)


def _people_scene(spec: DataSpec, everybody: ImageSet) -> Scene:
    by_size = torch.bincount(everybody.labels, minlength=len(everybody.names)).argsort(
        descending=True, stable=True
    )
    private = by_size[: spec.classes] if spec.classes else by_size
    rest = by_size[len(private) :]
    if spec.classes and len(private) < spec.classes:
        raise StudyError(
            "too few people", value=f"{len(private)}, the study wants {spec.classes}", place=spec.source
        )
    mine = _renumbered(everybody, private)
    train_rows, test_rows = _train_and_test(mine, spec)
    outsiders = _renumbered(everybody, rest[: spec.outsiders]) if spec.outsiders else None
    public = _renumbered(everybody, rest[spec.outsiders :])
    public = public.take(_some(len(public), spec.public))
    train, test = mine.take(train_rows), mine.take(test_rows)
    return Scene(train, test, public, outsiders, _facts(spec, mine, len(train), len(test), len(public)))


def _train_and_test(mine: ImageSet, spec: DataSpec) -> tuple[torch.Tensor, torch.Tensor]:
    share = spec.test_share if spec.test is None else spec.test / len(mine)
    train, test = splits.within_identity(mine.labels, share, SPLIT_SEED)
    if spec.train is not None:
        train = train[_some(len(train), spec.train)]
    return train, test


def _classes_scene(spec: DataSpec, root: Path) -> Scene:
    load = packs.mnist if spec.source == "mnist" else packs.cifar10
    train, held = load(root, "train"), load(root, "test")
    if train.shape != (1 if spec.mode == "L" else 3, spec.height, spec.width):
        raise StudyError("the data set has another shape", value=train.shape, place=f"data ({spec.source})")
    train = train.take(_some(len(train), spec.train))
    order = _some(len(held), None)
    public, test = held.take(order[: spec.public]), held.take(order[spec.public :])
    test = test.take(_some(len(test), spec.test))
    outsiders = packs.fashion_mnist(root) if spec.source == "mnist" and spec.outsiders else None
    facts = _facts(spec, train, len(train), len(test), len(public))
    return Scene(train, test, public, outsiders, facts, of_people=False)


def _renumbered(images: ImageSet, keep: torch.Tensor) -> ImageSet:
    """The images of the classes ``keep``, labels renumbered from 0 in that order."""
    new = torch.full((len(images.names),), -1)
    new[keep] = torch.arange(len(keep))
    rows = (new[images.labels] >= 0).nonzero().flatten()
    names = tuple(images.names[int(k)] for k in keep)
    return ImageSet(images.images[rows], new[images.labels[rows]], names)


def _some(n: int, limit: int | None) -> torch.Tensor:
    """``limit`` of n rows (all, where None) in a fixed shuffled order, sorted when it is a proper subset."""
    order = torch.randperm(n, generator=torch.Generator().manual_seed(SPLIT_SEED))
    return order if limit is None or limit >= n else order[:limit].sort().values


def _facts(spec: DataSpec, private: ImageSet, train: int, test: int, public: int) -> DataFacts:
    note = f"{train} images to train, {test} to test, {public} public." + (
        f" {spec.note}" if spec.note else ""
    )
    return DataFacts(
        name=spec.source,
        digest=private.digest,
        images=train + test,
        people=len(private.names),
        shape=private.shape,
        note=note,
    )
