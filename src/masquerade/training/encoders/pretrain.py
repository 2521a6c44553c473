"""From a folder of photos to an encoder file, by MoCo-v3."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import final

from masquerade.data import unlabelled
from masquerade.encoders import Card, VisionTransformer, ViTEncoder, encoder_bytes
from masquerade.errors import PhotoRejected, UsageError
from masquerade.faces.reading import FaceHandling, PhotoReader
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.progress import TrainingProgress
from masquerade.training.encoders.moco import pretrain
from masquerade.training.encoders.settings import SIZES, MoCoSettings
from masquerade.training.output import plain_name, training_to

_LICENCE = "The terms of the photos that it was trained on."


@final
@dataclass(frozen=True)
class PretrainSummary:
    """What ``pretrain_folder`` did.

    Args:
        encoder: The encoder file.
        digest: What tells the encoder from others, 64 hexadecimal digits.
        settings: How it was trained.
        photos: Photos trained on.
        rejected: Photos that were turned away.
        notices: What was passed over, and photos with several faces.
        parameters: Numbers in the encoder.
        seconds: Time taken by this run, without what an interrupted one took before.
    """

    encoder: Path
    digest: str
    settings: MoCoSettings
    photos: int
    rejected: tuple[PhotoRejected, ...]
    notices: tuple[str, ...]
    parameters: int
    seconds: float


def pretrain_folder(
    photos: Path,
    out: Path,
    settings: MoCoSettings,
    *,
    seed: int = 0,
    resume: bool = True,
    faces: FaceHandling = "as-is",
    progress: TrainingProgress | None = None,
    overwrite: bool = False,
) -> PretrainSummary:
    """Pre-train an encoder on photos and write it as a file.

    Who is on the photos plays no part, so they may be in person folders or not. All are held in memory, 38 kB
    each at 112x112. While training runs, its state is kept in a file beside the encoder (``.checkpoint``),
    from which an interrupted job goes on.

    Args:
        photos: A folder of photos, or of folders of photos.
        out: The encoder file to write; an earlier one is replaced.
        settings: How to train, one of ``SIZES`` for instance.
        seed: Seed of weights, order and views.
        resume: Whether to go on from a checkpoint, if there is one; otherwise it is discarded.
        faces: Whether faces are found and aligned, or pictures are taken as they are.
        progress: Told how far training has come.
        overwrite: Whether a file of another kind may be replaced that stands there.

    Raises:
        UsageError: If there are too few photos.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
        JobBusy: If another process trains to ``out``.
        WriteFailed: If the disk refuses.
    """
    start = monotonic()
    side = settings.vit.side
    with training_to(out, Kind.ENCODER, resume=resume, overwrite=overwrite) as checkpoint:
        reader = PhotoReader(side, side, "RGB", faces)
        images, rejected, notices = unlabelled.load(photos, side, side, "RGB", reader)
        network = pretrain(images, settings, seed, progress=progress, checkpoint=checkpoint)
        encoder = ViTEncoder(plain_name(out), network)
        save_encoder(out, network, training_card(encoder.name, network, settings, seed, len(images)))
    return PretrainSummary(
        encoder=out,
        digest=encoder.digest,
        settings=settings,
        photos=len(images),
        rejected=tuple(rejected),
        notices=(*notices, *reader.notices()),
        parameters=sum(p.numel() for p in network.parameters()),
        seconds=monotonic() - start,
    )


def size(name: str, epochs: int | None = None) -> MoCoSettings:
    """Settings of a size by name, with another number of epochs if one is given.

    Raises:
        UsageError: If there is no such size, or no such number of epochs.
    """
    if name not in SIZES or (epochs is not None and not 1 <= epochs <= 100_000):
        raise UsageError(
            "no such pre-training",
            value=f"size {name}, {epochs} epochs",
            remedy=f"Sizes are {' and '.join(SIZES)}; epochs are 1 or more.",
        )
    return SIZES[name] if epochs is None else SIZES[name].model_copy(update={"epochs": epochs})


def training_card(
    name: str,
    network: VisionTransformer,
    settings: MoCoSettings,
    seed: int,
    photos: int,
    licence: str = _LICENCE,
) -> Card:
    """The card of a network that ``pretrain`` gave."""
    facts = {"method": "MoCo-v3", "seed": seed, **settings.model_dump(mode="json")}
    return Card(name=name, options=network.options, training=facts, photos=photos, licence=licence)


def save_encoder(path: Path, network: VisionTransformer, card: Card) -> None:
    """Write an encoder file; one that is there is replaced whole or not at all.

    Raises:
        ModelError: If a weight is not a finite number, or the card is of another network.
        WriteFailed: If the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, [encoder_bytes(network, card)])
