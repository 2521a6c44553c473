"""From a folder of public photos to what task-only and k-same need of an encoder: closed forms, no training."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, final

import torch
from torch import Tensor

from masquerade.crafting.shipped import open_answers, open_bank, open_split
from masquerade.crafting.task.answers_file import AnswersCard, answers_bytes
from masquerade.crafting.task.bank_file import BankCard, bank_bytes
from masquerade.crafting.task.closed_form import collect_features, learn_answers
from masquerade.crafting.trained import TrainedSplit
from masquerade.data import unlabelled
from masquerade.errors import PhotoRejected, UsageError
from masquerade.faces.reading import FaceHandling, PhotoReader
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.training.crafter.generator_folder import LICENCE
from masquerade.training.output import plain_name, training_to


@final
@dataclass(frozen=True)
class PublicFacts:
    """What was learnt from public photos.

    Args:
        file: Where it stands.
        digest: What tells it from others, 64 hexadecimal digits.
        photos: Photos that it was learnt from.
        rejected: Photos that were turned away.
        notices: What was passed over, and photos with several faces.
        seconds: Time taken.
    """

    file: Path
    digest: str
    photos: int
    rejected: tuple[PhotoRejected, ...]
    notices: tuple[str, ...]
    seconds: float


def answers_of_folder(
    photos: Path,
    out: Path,
    encoder: str | Path = "split-1",
    *,
    faces: FaceHandling = "as-is",
    overwrite: bool = False,
) -> PublicFacts:
    """Learn how an encoder's answers differ between public photos, and write it as a file for task-only.

    Args:
        photos: A folder of photos, or of folders of photos; public people.
        out: The file to write; an earlier one is replaced.
        encoder: A split network by name, or its file.
        faces: Whether faces are found and aligned, or pictures are taken as they are.
        overwrite: Whether a file of another kind may be replaced that stands there.

    Raises:
        UsageError: If there are fewer than two photos, or an answer is the same on all.
        ModelError: If the encoder's file is damaged.
        WriteFailed: If the disk refuses.
    """
    begun, split = monotonic(), open_split(encoder)
    with training_to(out, Kind.ANSWERS, resume=False, overwrite=overwrite):
        images, rejected, notices = _loaded(photos, split, faces)
        facts = learn_answers(split.network, images)
        sizes = {"answers": len(facts.mean), "entries": facts.thin.in_features}
        card = AnswersCard(**_about(out, split, images), **sizes, cloud_digest=split.cloud_digest)
        write_durably(out, [answers_bytes(facts, card)])
    digest = open_answers(out, split).digest
    return PublicFacts(out, digest, len(images), rejected, notices, monotonic() - begun)


def bank_of_folder(
    photos: Path,
    out: Path,
    encoder: str | Path = "split-1",
    *,
    faces: FaceHandling = "as-is",
    overwrite: bool = False,
) -> PublicFacts:
    """Collect an encoder's features of public photos, and write them as a file for k-same; as ``answers_of_folder``."""
    begun, split = monotonic(), open_split(encoder)
    with training_to(out, Kind.BANK, resume=False, overwrite=overwrite):
        images, rejected, notices = _loaded(photos, split, faces)
        bank = collect_features(split.network, images)
        card = BankCard(**_about(out, split, images), entries=bank.features.shape[1])
        write_durably(out, [bank_bytes(bank, card)])
    digest = open_bank(out, split).digest
    return PublicFacts(out, digest, len(images), rejected, notices, monotonic() - begun)


def _loaded(
    photos: Path, split: TrainedSplit, faces: FaceHandling
) -> tuple[Tensor, tuple[PhotoRejected, ...], tuple[str, ...]]:
    side = split.network.options.side
    reader = PhotoReader(side, side, "RGB", faces)
    images, rejected, notices = unlabelled.load(photos, side, side, "RGB", reader)
    if len(images) < 2:
        raise UsageError("too few public photos", value=len(images), place=photos, remedy="Give hundreds.")
    return images.to(torch.uint8), tuple(rejected), (*notices, *reader.notices())


def _about(out: Path, split: TrainedSplit, images: Tensor) -> dict[str, Any]:
    return {
        "name": plain_name(out),
        "encoder_digest": split.digest,
        "training": {"method": "closed form"},
        "photos": len(images),
        "licence": LICENCE,
    }
