"""Named photos of the people in what is released: others than those that are released."""

from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from masquerade.attacks.base import Labelled
from masquerade.audit.trial import Trial
from masquerade.data.image_set import ImageSet


@final
@dataclass(frozen=True)
class NamedPhotos:
    """What the attacker knows people by.

    Args:
        shown: Images with their people, as the attacker gets them.
        truth: Fields of ``Truth``: the photos by which an evaluator knows the same people.
        released: Rows of the attacked set that are no part of it, ascending.
    """

    shown: Labelled
    truth: dict[str, Tensor]
    released: Tensor


def gallery_of(trial: Trial, target: Literal["train", "test"], most: int | None) -> NamedPhotos:
    """Named photos of the people of one part of a scene.

    They are those of the other part; where that has other people, every second photo of each of these.

    Args:
        trial: The repetition under attack.
        target: The part that is released.
        most: Photos of each person; None for all.
    """
    scene, photos = trial.scene, trial.photos
    private = scene.train if target == "train" else scene.test
    if scene.unseen:
        second = _number_in_person(private.labels) % 2 == 1
        rows, released = second.nonzero().flatten(), (~second).nonzero().flatten()
        known, plain = private.take(rows), (photos.train if target == "train" else photos.test).take(rows)
    else:
        released = torch.arange(len(private))
        known, plain = (scene.train, photos.train) if target == "test" else (scene.test, photos.test)
    if most is not None:
        few = (_number_in_person(known.labels) < most).nonzero().flatten()
        known, plain = known.take(few), plain.take(few)
    shown = labelled(known, plain)
    truth = {"gallery": shown.pictures, "gallery_identities": known.labels}
    return NamedPhotos(shown, truth, released)


def labelled(images: ImageSet, photos: ImageSet) -> Labelled:
    """Images with their people, and the photos behind them where an encoder made them."""
    same = images.images.shape == photos.images.shape
    return Labelled(images.images.float(), images.labels, None if same else photos.images.float())


def _number_in_person(labels: Tensor) -> Tensor:
    """How many earlier rows are of the same person, int64 ``(n,)``."""
    number = torch.zeros_like(labels)
    for person in torch.unique(labels):
        rows = labels == person
        number[rows] = torch.arange(int(rows.sum()))
    return number
