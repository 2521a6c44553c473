"""From a folder of public photos to a face generator's file, with a sheet of samples."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import Any, Final, final

import torch
from PIL import Image

from masquerade.crafting.generator_file import FaceGenerator, FaceGeneratorCard, face_generator_bytes
from masquerade.data import unlabelled
from masquerade.errors import PhotoRejected
from masquerade.faces.reading import FaceHandling, PhotoReader
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_output
from masquerade.networks.features.generator_registry import SomeGenerator
from masquerade.progress import LossProgress
from masquerade.training.crafter.wgan_gp import WGANSettings, train_wgan
from masquerade.training.output import plain_name, training_to
from masquerade.training.resumable import Upkeep, generator_of

LICENCE: Final = "The terms of the photos that it was trained on."
_ROWS, _COLUMNS = 4, 8


@final
@dataclass(frozen=True)
class GeneratorSummary:
    """What ``train_generator_folder`` did.

    Args:
        generator: The file.
        samples: The sheet of samples, a PNG.
        digest: What tells the generator from others, 64 hexadecimal digits.
        photos: Photos trained on.
        rejected: Photos that were turned away.
        notices: What was passed over, and photos with several faces.
        seconds: Time taken by this run, without what an interrupted one took before.
    """

    generator: Path
    samples: Path
    digest: str
    photos: int
    rejected: tuple[PhotoRejected, ...]
    notices: tuple[str, ...]
    seconds: float


def train_generator_folder(
    photos: Path,
    out: Path,
    settings: WGANSettings,
    *,
    seed: int = 0,
    resume: bool = True,
    faces: FaceHandling = "as-is",
    progress: LossProgress | None = None,
    overwrite: bool = False,
) -> GeneratorSummary:
    """Train a face generator on photos and write it as a file, with ``OUT.png`` beside it.

    Args:
        photos: A folder of photos, or of folders of photos. Whose they are plays no part.
        out: The file to write; an earlier one is replaced.
        settings: How to train.
        seed: Of weights, order and latents.
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
    side = settings.generator.side
    samples = out.with_name(f"{out.name}.png")
    with training_to(out, Kind.FACES, resume=resume, overwrite=overwrite) as checkpoint:
        require_output(samples, Kind.PICTURE, overwrite=overwrite)
        reader = PhotoReader(side, side, "RGB", faces)
        images, rejected, notices = unlabelled.load(photos, side, side, "RGB", reader)
        trained = train_wgan(images, settings, seed, Upkeep(checkpoint, progress))
        generator = FaceGenerator(trained.generator, trained.critic)
        card = _card(out, generator, settings, seed, len(images))
        write_durably(out, [face_generator_bytes(generator, card)])
        write_durably(samples, [sample_sheet(trained.generator, seed)])
    return GeneratorSummary(
        generator=out,
        samples=samples,
        digest=generator.digest,
        photos=len(images),
        rejected=tuple(rejected),
        notices=(*notices, *reader.notices()),
        seconds=monotonic() - start,
    )


def _card(
    out: Path, faces: FaceGenerator, settings: WGANSettings, seed: int, photos: int
) -> FaceGeneratorCard:
    critic = faces.critic
    assert critic is not None  # noqa: S101 - training gives both
    facts: dict[str, Any] = {"method": "WGAN-GP", "seed": seed, **settings.model_dump(mode="json")}
    return FaceGeneratorCard(
        name=plain_name(out),
        generator=faces.generator.options,
        critic=critic.options,
        training=facts,
        photos=photos,
        licence=LICENCE,
    )


@torch.no_grad()
def sample_sheet(generator: SomeGenerator, seed: int) -> bytes:
    """Images of 32 latents, four rows of eight, as a PNG."""
    count = _ROWS * _COLUMNS
    latents = torch.randn(count, generator.options.latents, generator=generator_of(seed, 7))
    images = (generator(latents) * 255).round().to(torch.uint8)
    side = generator.options.side
    rows = images.view(_ROWS, _COLUMNS, 3, side, side).permute(0, 3, 1, 4, 2)
    buffer = BytesIO()
    Image.fromarray(rows.reshape(_ROWS * side, _COLUMNS * side, 3).numpy()).save(buffer, "PNG")
    return buffer.getvalue()
