"""The images of a study, divided between owner, cloud and attacker; only the audit sees all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from masquerade.audit.results import DataFacts
from masquerade.audit.scenes.private_people import private_people, spread
from masquerade.audit.scenes.resizing import brought_to
from masquerade.audit.scenes.tracked import Bystanders, divided
from masquerade.audit.studies.data_spec import DataSpec
from masquerade.audit.studies.enough import require_two_people, require_two_photos
from masquerade.data import builtin, folders, packs, splits
from masquerade.data.celeba import Attributes
from masquerade.data.image_set import ImageSet
from masquerade.data.printable import printable
from masquerade.errors import PhotoRejected, StudyError

SPLIT_SEED = 0
"""Splits are the same in all repetitions, so that intervals show keys and seeds, not luck of the split."""


@dataclass(frozen=True)
class Scene:
    """Who has which images.

    Args:
        train: What the owner disguises and the cloud trains on.
        test: Other images of the same classes, held back; or images of people never trained on.
        public: Images of other people (or other images, where classes are not people).
        outsiders: Images of classes that were not trained on; labels numbered on their own.
        facts: What a report says of the data.
        of_people: Whether a class is a person, and so the unit of resampling; else each image is one.
        unseen: Whether the people of ``test`` were never trained on.
        auxiliary: Further populations of public people, by name.
        bystanders: In a study of cloaks, other people that trackers know; then ``train`` are the photos that
            tracked users publish, ``test`` those of theirs that are met later.
        attributes: Of the test photos, row by row, where they are known.
        public_attributes: Likewise of the public photos.
    """

    train: ImageSet
    test: ImageSet
    public: ImageSet
    outsiders: ImageSet | None
    facts: DataFacts
    of_people: bool = True
    unseen: bool = False
    auxiliary: Mapping[str, ImageSet] = field(default_factory=dict)
    bystanders: Bystanders | None = None
    attributes: Attributes | None = None
    public_attributes: Attributes | None = None

    def units(self, images: ImageSet) -> Tensor:
        """What to resample images by: their person, or a number for each image."""
        return images.labels if self.of_people else torch.arange(len(images))

    def few(self, photos: int | None) -> "Scene":
        """The same scene with so many test photos at most, spread over people."""
        if photos is None or photos >= len(self.test):
            return self
        rows = spread(self.test.labels, photos, SPLIT_SEED)
        known = self.attributes and self.attributes.take(rows)
        return replace(self, test=self.test.take(rows), attributes=known)

    def through(self, encode: Callable[[ImageSet], ImageSet]) -> "Scene":
        """The same scene, every image seen through a public encoder."""
        return replace(
            self,
            train=encode(self.train),
            test=encode(self.test),
            public=encode(self.public),
            outsiders=None if self.outsiders is None else encode(self.outsiders),
            auxiliary={name: encode(images) for name, images in self.auxiliary.items()},
            bystanders=None if self.bystanders is None else self.bystanders.through(encode),
        )


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
    everybody, rejected = _people(spec, data)
    everybody = _seen(everybody, spec.resolution)
    scene = _private_scene(spec, everybody, data) if spec.private else _scene_of(spec)(spec, everybody)
    require_two_people(scene.train, scene.test, spec.source)
    scene = replace(scene, facts=scene.facts.model_copy(update={"rejected": rejected}))
    further: dict[str, ImageSet] = {name: _auxiliary(spec, name, data) for name in spec.auxiliary}
    if not len(scene.public) and further:
        scene = replace(scene, public=next(iter(further.values())))
    return replace(scene, auxiliary=further)


def _scene_of(spec: DataSpec) -> Callable[[DataSpec, ImageSet], Scene]:
    if spec.tracked:
        return _tracked_scene
    return _unseen_scene if spec.unseen else people_scene


def _people(spec: DataSpec, data: Path | None) -> tuple[ImageSet, list[str]]:
    """Everybody's photos, and those of a folder that could not be taken in."""
    public_too = bool(spec.unseen or spec.tracked or spec.public_min_images)
    fewest = min(spec.min_images, spec.fewest_public) if public_too else spec.min_images
    if spec.source == "orl":
        return _in_mode(builtin.orl(spec.height, spec.width), spec.mode), []
    if spec.source in ("lfw", "celeba"):
        return _pack(spec.source, spec, data, fewest), []
    if spec.source == "arrays":
        raise StudyError(
            "images in memory, which no file can name", place="data.source", remedy="Take a folder."
        )
    if spec.path is None:
        raise StudyError("a folder study names no folder", place="data.path", remedy="Give `path` a folder.")
    root = Path(spec.path) if data is None else data / spec.path
    images, rejected, _ = folders.load(root, spec.height, spec.width, spec.mode, fewest)
    return images, [_turned_away(each, root) for each in rejected]


def _turned_away(photo: PhotoRejected, root: Path) -> str:
    """A rejected photo by its path in the folder, which tells nobody where the folder lies, and why."""
    where = Path(str(photo.place))
    inside = where.relative_to(root) if where.is_relative_to(root) else Path(where.name)
    return f"{printable(inside)}: {photo.rejection}"


def _pack(name: str, spec: DataSpec, data: Path | None, fewest: int) -> ImageSet:
    load = packs.lfw if name == "lfw" else packs.celeba
    return load(packs.data_root(data), spec.height, spec.width, spec.mode, fewest)


def _auxiliary(spec: DataSpec, name: str, data: Path | None) -> ImageSet:
    if name == spec.source:
        raise StudyError("the auxiliary people are those of the study", value=name, place="data.auxiliary")
    everybody = _seen(_pack(name, spec, data, 2), spec.resolution)
    return everybody.take(_bounded(everybody.labels, spec.most_images))


def _seen(images: ImageSet, resolution: int | None) -> ImageSet:
    """Photos as a camera of so few pixels has them, made larger again."""
    if resolution is None:
        return images
    few = brought_to(images, (resolution, resolution))
    return brought_to(few, images.shape[1:])


def _in_mode(images: ImageSet, mode: str) -> ImageSet:
    if mode == "L" or images.shape[0] == 3:
        return images
    return ImageSet(images.images.expand(-1, 3, -1, -1).contiguous(), images.labels, images.names)


def people_scene(spec: DataSpec, everybody: ImageSet) -> Scene:
    """The people with most images, whose images are protected; the rest are known to the attacker."""
    counts = torch.bincount(everybody.labels, minlength=len(everybody.names))
    by_size = counts.argsort(descending=True, stable=True)
    private = by_size[: int((counts >= spec.min_images).sum())][: spec.classes]
    rest = by_size[len(private) :]
    if spec.classes and len(private) < spec.classes:
        raise _too_few(spec, len(private), spec.classes)
    mine = everybody.renumbered(private)
    require_two_photos(mine, spec.source)
    train_rows, test_rows = train_and_test(mine, spec)
    outsiders = everybody.renumbered(rest[: spec.outsiders]) if spec.outsiders else None
    public = everybody.renumbered(rest[spec.outsiders :])
    public = public.take(some_rows(len(public), spec.public))
    train, test = mine.take(train_rows), mine.take(test_rows)
    return Scene(train, test, public, outsiders, facts_of(spec, mine, len(train), len(test), len(public)))


def _unseen_scene(spec: DataSpec, everybody: ImageSet) -> Scene:
    """Trained people, unseen people and public people, disjoint."""
    counts = torch.bincount(everybody.labels, minlength=len(everybody.names))
    many = (counts >= spec.min_images).nonzero().flatten()
    classes = spec.classes or len(many) - spec.unseen
    if classes < 2 or classes + spec.unseen > len(many):
        raise _too_few(spec, len(many), classes + spec.unseen)
    parts = splits.by_identity(many, {"train": classes, "test": spec.unseen}, SPLIT_SEED)
    train, test = (everybody.renumbered(many[parts[part]]) for part in ("train", "test"))
    train = train.take(_bounded(train.labels, spec.most_images))
    test = test.take(_bounded(test.labels, spec.most_images))
    if spec.train is not None:
        train = train.take(some_rows(len(train), spec.train))
    public = everybody.renumbered((counts < spec.min_images).nonzero().flatten())
    public = public.take(some_rows(len(public), spec.public).sort().values)
    facts = facts_of(spec, train, len(train), len(test), len(public))
    people = facts.model_copy(update={"people": len(train.names) + len(test.names)})
    return Scene(train, test, public, None, people, unseen=True)


def _tracked_scene(spec: DataSpec, everybody: ImageSet) -> Scene:
    """Tracked users, bystanders and the attacker's public people, disjoint."""
    people = divided(everybody.take(_bounded(everybody.labels, spec.most_images)), spec, SPLIT_SEED)
    public = people.public.take(some_rows(len(people.public), spec.public))
    published, later = people.published, people.later
    facts = facts_of(spec, published, len(published), len(later), len(public))
    return Scene(published, later, public, None, facts, bystanders=people.bystanders)


def _private_scene(spec: DataSpec, everybody: ImageSet, data: Path | None) -> Scene:
    """Private people, and public ones; disjoint."""
    people = private_people(everybody, spec, data, SPLIT_SEED)
    rows = some_rows(len(people.public), spec.public)
    train, test, public = people.train, people.test, people.public.take(rows)
    facts = facts_of(spec, train, len(train), len(test), len(public))
    told = people.public_attributes and people.public_attributes.take(rows)
    return Scene(train, test, public, None, facts, attributes=people.attributes, public_attributes=told)


def _too_few(spec: DataSpec, found: int, wanted: int) -> StudyError:
    return StudyError("too few people", value=f"{found}, the study wants {wanted}", place=spec.source)


def _bounded(labels: Tensor, most: int | None) -> Tensor:
    """Rows of at most ``most`` images a person, ascending."""
    if most is None:
        return torch.arange(len(labels))
    seen: dict[int, int] = {}
    kept = []
    for row in some_rows(len(labels), None).tolist():
        person = int(labels[row])
        seen[person] = seen.get(person, 0) + 1
        if seen[person] <= most:
            kept.append(row)
    return torch.tensor(sorted(kept))


def train_and_test(mine: ImageSet, spec: DataSpec) -> tuple[Tensor, Tensor]:
    """Rows to train on, and rows held back of every person."""
    share = spec.test_share if spec.test is None else spec.test / len(mine)
    train, test = splits.within_identity(mine.labels, share, SPLIT_SEED)
    if spec.train is not None:
        train = train[some_rows(len(train), spec.train)]
    return train, test


def _classes_scene(spec: DataSpec, root: Path) -> Scene:
    load = packs.mnist if spec.source == "mnist" else packs.cifar10
    train, held = load(root, "train"), load(root, "test")
    if train.shape != (1 if spec.mode == "L" else 3, spec.height, spec.width):
        raise StudyError("the data set has another shape", value=train.shape, place=f"data ({spec.source})")
    train = train.take(some_rows(len(train), spec.train))
    order = some_rows(len(held), None)
    public, test = held.take(order[: spec.public]), held.take(order[spec.public :])
    test = test.take(some_rows(len(test), spec.test))
    outsiders = packs.fashion_mnist(root) if spec.source == "mnist" and spec.outsiders else None
    facts = facts_of(spec, train, len(train), len(test), len(public))
    return Scene(train, test, public, outsiders, facts, of_people=False)


def some_rows(n: int, limit: int | None) -> Tensor:
    """``limit`` of n rows (all, where None) in a fixed shuffled order, sorted when it is a proper subset."""
    order = torch.randperm(n, generator=torch.Generator().manual_seed(SPLIT_SEED))
    return order if limit is None or limit >= n else order[:limit].sort().values


def facts_of(spec: DataSpec, private: ImageSet, train: int, test: int, public: int) -> DataFacts:
    """What a report says of the data."""
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
