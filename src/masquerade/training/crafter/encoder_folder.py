"""From a folder of public photos with attributes to a split network's file."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal, final

import torch
from torch import Tensor

from masquerade.crafting.split_file import SplitCard, split_bytes, split_digest
from masquerade.data.attribute_table import AttributeTable, read_attribute_table
from masquerade.data.photo_tree import photo_tree
from masquerade.errors import PhotoRejected, UsageError
from masquerade.faces.reading import FaceHandling, PhotoReader
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.networks.features.split import SplitOptions
from masquerade.progress import LossProgress
from masquerade.training.crafter.attributes import AttributeSettings, train_attributes
from masquerade.training.crafter.generator_folder import LICENCE
from masquerade.training.output import plain_name, training_to
from masquerade.training.resumable import Upkeep


@final
@dataclass(frozen=True)
class Described:
    """Photos that have a row in a table of attributes.

    Args:
        photos: uint8 ``(n, 3, side, side)``.
        attributes: bool ``(n, a)``.
        names: Of the attributes.
        without_row: Photos that were left out, since the table does not know them.
        without_photo: Rows of the table that no photo belongs to.
        rejected: Photos that were turned away.
        notices: What was passed over, and photos with several faces.
    """

    photos: Tensor
    attributes: Tensor
    names: tuple[str, ...]
    without_row: int
    without_photo: int
    rejected: tuple[PhotoRejected, ...]
    notices: tuple[str, ...]


@final
@dataclass(frozen=True)
class EncoderSummary:
    """What ``train_encoder_folder`` did.

    Args:
        encoder: The file, which holds the cloud's half too.
        digest: Of the edge's half, 64 hexadecimal digits.
        described: What it was trained on.
        seconds: Time taken by this run, without what an interrupted one took before.
    """

    encoder: Path
    digest: str
    described: Described
    seconds: float


def described_photos(
    photos: Path, table: AttributeTable, side: int, faces: FaceHandling = "as-is"
) -> Described:
    """Decode the photos that a table has rows for; those without are left out and counted.

    Raises:
        UsageError: If no photo has a row.
    """
    tree = photo_tree(photos)
    reader = PhotoReader(side, side, "RGB", faces)
    paths = {Path(name).as_posix(): tree.root / name for name in tree.names}
    known = {name: path for name, path in paths.items() if name in table.rows}
    images, seen, rejected = [], [], []
    for name, path in known.items():
        try:
            images.append(torch.from_numpy(reader(path)))
            seen.append(table.rows[name])
        except PhotoRejected as error:
            rejected.append(error)
    if not images:
        raise UsageError(
            "no photo has a row in the table of attributes",
            value=f"{len(paths)} photos, {len(table.rows)} rows",
            place=photos,
            remedy="The column `file` holds paths below the folder of photos, as `person/photo.jpg`.",
        )
    return Described(
        photos=torch.stack(images),
        attributes=torch.tensor(seen),
        names=table.names,
        without_row=len(paths) - len(known),
        without_photo=len(table.rows) - len(known),
        rejected=tuple(rejected),
        notices=(*tree.notices, *reader.notices()),
    )


def train_encoder_folder(
    photos: Path,
    attributes: Path,
    out: Path,
    *,
    architecture: Literal["resnet18", "vgg16"] = "resnet18",
    side: int = 64,
    width: int = 32,
    epochs: int = 14,
    seed: int = 0,
    resume: bool = True,
    faces: FaceHandling = "as-is",
    progress: LossProgress | None = None,
    overwrite: bool = False,
) -> EncoderSummary:
    """Train encoder and cloud network together and write them as a file.

    Args:
        photos: A folder of photos, or of folders of photos; public people.
        attributes: The table, see ``attribute_table``.
        out: The file to write; an earlier one is replaced.
        architecture: Of the split network.
        side: Height and width, in pixels.
        width: Maps of the first stage.
        epochs: Passes over the photos.
        seed: Of weights, order and changes.
        resume: Whether to go on from a checkpoint, if there is one; otherwise it is discarded.
        faces: Whether faces are found and aligned, or pictures are taken as they are.
        progress: Told how far training has come.
        overwrite: Whether a file of another kind may be replaced that stands there.

    Raises:
        UsageError: If table and photos do not fit.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
        JobBusy: If another process trains to ``out``.
        WriteFailed: If the disk refuses.
    """
    start = monotonic()
    with training_to(out, Kind.SPLIT, resume=resume, overwrite=overwrite) as checkpoint:
        found = described_photos(photos, read_attribute_table(attributes), side, faces)
        settings = _settings(architecture, side, width, len(found.names), epochs)
        upkeep = Upkeep(checkpoint, progress)
        network = train_attributes(found.photos, found.attributes, settings, seed, upkeep)
        write_durably(out, [split_bytes(network, _card(out, settings, found, seed))])
    return EncoderSummary(out, split_digest(network), found, monotonic() - start)


def _settings(
    architecture: Literal["resnet18", "vgg16"], side: int, width: int, attributes: int, epochs: int
) -> AttributeSettings:
    sizes = SplitOptions(
        architecture=architecture, side=side, width=width, attributes=attributes, dropout=0.3
    )
    return AttributeSettings(network=sizes, epochs=epochs, batch_size=32, shift=4, falling=True)


def _card(out: Path, settings: AttributeSettings, found: Described, seed: int) -> SplitCard:
    facts: dict[str, Any] = {"method": "attributes", "seed": seed, **settings.model_dump(mode="json")}
    return SplitCard(
        name=plain_name(out),
        network=settings.network,
        attributes=found.names,
        training=facts,
        photos=len(found.photos),
        licence=LICENCE,
    )
