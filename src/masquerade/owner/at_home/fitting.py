"""Fit a recogniser at home: a public network as it is, or a closed form behind its features, from photos or none."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from masquerade.data import builtin
from masquerade.errors import PhotoRejected, StudyError, UsageError
from masquerade.faces.reading import FaceHandling, PhotoReader
from masquerade.owner.at_home.model_file import HomeCard, Method, Source, save_home
from masquerade.owner.at_home.networks import FILE, features_of_network, kind_of_features, network_file
from masquerade.owner.at_home.recogniser import SIDE
from masquerade.owner.photo_list import PhotoList, list_photos
from masquerade.progress import Progress
from masquerade.training.closed_form.features import FeatureKind, PublicFeatures, in_channels
from masquerade.training.closed_form.projection import Projection, discriminants, whitening

_BATCH: Final = 64
_FITS: Final = {"whitening": whitening, "discriminants": discriminants}


@final
@dataclass(frozen=True)
class Fitted:
    """What fitting did.

    Args:
        card: What the file says of itself.
        seconds: Processor seconds.
        rejected: Photos that were turned away.
        notices: What was passed over, and photos with several faces.
    """

    card: HomeCard
    seconds: float
    rejected: tuple[PhotoRejected, ...] = ()
    notices: tuple[str, ...] = ()


class Learnt(NamedTuple):
    """What a map is learnt from.

    Args:
        features: Of photos, ``(n, d)``.
        people: Person of each, ``(n,)``.
        source: Whose photos.
        rejected: Photos that were turned away.
        notices: What was passed over.
    """

    features: Tensor
    people: Tensor
    source: Source
    rejected: tuple[PhotoRejected, ...] = ()
    notices: tuple[str, ...] = ()


def fit_home(
    out: Path,
    photos: Path | None = None,
    *,
    network: str = "sface",
    features: FeatureKind | None = None,
    method: Method | None = None,
    people: Path | None = None,
    faces: FaceHandling = "auto",
    progress: Progress | None = None,
) -> Fitted:
    """Fit a recogniser and write it; nothing else is written, and nothing leaves.

    Args:
        out: The file to write.
        photos: Folder of person folders to learn from; without it what is public: the network's own vector, or a map
            from the built-in faces.
        network: A public network by name, or its file.
        features: What is taken of the network; by itself its own vector, if it has one.
        method: How photos become vectors; by itself as they are without photos, if the network has a vector, else
            whitening, which was never clearly worse than discriminants where both were measured.
        people: A table of who is on each photo, instead of person folders.
        faces: Whether faces are found and aligned, or pictures are taken as they are; kept for the photos to come.
        progress: Told after every batch of photos.

    Raises:
        UsageError: If the network has no vector or no features, or the photos are too few.
        ModelError: If the network's file is damaged.
        StudyError: If packages that the network comes in are not installed.
        WriteFailed: If the disk refuses.
    """
    started = time.process_time()
    kind = features or kind_of_features(network)
    if photos is None and method is None and kind == "vector":
        method = "as-is"
    _require_sense(method, kind, photos)
    found = None if photos is None else list_photos(photos, 1, people)
    given = features_of_network(network, kind)
    reader = PhotoReader(max(given.side, SIDE), max(given.side, SIDE), "RGB", faces)
    card = HomeCard(
        network=FILE if network_file(network) else network,
        digest=given.digest,
        features=kind,
        taken=given.size,
        method="as-is" if kind == "vector" else "whitening",
        size=given.size if kind == "vector" else 1,
        faces=reader.described,
    )
    if method == "as-is":
        save_home(out, card, None, network_file(network))
        return Fitted(card, time.process_time() - started)
    learnt = _builtin(given) if found is None else _folder(given, found, reader, progress)
    card, projection = _fit(card, learnt, method)
    save_home(out, card, projection, network_file(network))
    return Fitted(card, time.process_time() - started, learnt.rejected, learnt.notices)


def _require_sense(method: Method | None, kind: FeatureKind, photos: Path | None) -> None:
    if method != "as-is":
        return
    if photos is not None:
        raise UsageError(
            "nothing is learnt from photos where the network's vector is taken as it is",
            value=photos,
            place="--method as-is",
            remedy="Leave the photos out (--public), or choose whitening or discriminants.",
        )
    if kind != "vector":
        raise UsageError(
            "feature maps as they are tell people apart badly",
            place="--method as-is",
            remedy="Choose discriminants, or a network with a vector of its own.",
        )


def _fit(card: HomeCard, learnt: Learnt, method: Method | None) -> tuple[HomeCard, Projection]:
    """The map, and what its file says."""
    counts = torch.unique(learnt.people, return_counts=True)[1]
    chosen = method or "whitening"
    projection = _FITS[chosen](learnt.features, learnt.people)
    facts = {
        "method": chosen,
        "size": projection.matrix.shape[1],
        "source": learnt.source,
        "photos": len(learnt.people),
        "people": len(counts),
    }
    return HomeCard.model_validate(card.model_dump() | facts), projection


def _builtin(features: PublicFeatures) -> Learnt:
    """Of the built-in faces."""
    try:
        found = builtin.orl(SIDE, SIDE)
    except StudyError as error:
        remedy = f"{error.remedy}. Or give photos of public people."
        raise UsageError(error.problem, place=error.place, remedy=remedy) from error
    return Learnt(_taken(features, in_channels(found.images, 3)), found.labels, "built-in faces")


def _folder(
    features: PublicFeatures, photos: PhotoList, reader: PhotoReader, progress: Progress | None
) -> Learnt:
    """Of person folders; a batch of photos is in memory at a time."""
    parts: list[Tensor] = []
    people: list[int] = []
    rejected: list[PhotoRejected] = []
    for start in range(0, len(photos), _BATCH):
        rows = range(start, min(start + _BATCH, len(photos)))
        images, kept = _read(photos, rows, reader, rejected)
        if kept:
            parts.append(_taken(features, images))
            people += [int(photos.persons[row]) for row in kept]
        if progress is not None:
            progress(rows.stop, len(photos))
    if not people:
        raise UsageError(
            "none of the photos can be taken in", place=photos.root, remedy="Check what is in the folder."
        )
    notices = (*photos.notices, *reader.notices())
    return Learnt(torch.cat(parts), torch.tensor(people), "photos", tuple(rejected), notices)


def _taken(features: PublicFeatures, images: Tensor) -> Tensor:
    with torch.no_grad():
        return features.of(images)


def _read(
    photos: PhotoList, rows: Iterable[int], reader: PhotoReader, rejected: list[PhotoRejected]
) -> tuple[Tensor, list[int]]:
    images, kept = [], []
    for row in rows:
        try:
            images.append(reader(photos.path(row)))
            kept.append(row)
        except PhotoRejected as error:
            rejected.append(error)
    return torch.from_numpy(np.stack(images)) if images else torch.empty(0), kept
