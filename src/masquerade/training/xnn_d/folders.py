"""From a folder of photos to XNN-d's two files: the generator for clients, the recogniser for the server."""

from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.data import folders
from masquerade.data.intake import Mode
from masquerade.encoders.base import Encoder
from masquerade.encoders.generator import FeatureGenerator
from masquerade.encoders.generator_file import generator_bytes
from masquerade.encoders.noise_encoder import token_norm
from masquerade.errors import PhotoRejected
from masquerade.faces.reading import FaceHandling, PhotoReader
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.progress import WordProgress
from masquerade.training.inference import embeddings
from masquerade.training.model_file import ModelCard, save_model
from masquerade.training.output import training_into
from masquerade.training.xnn_d.adversarial import Faces
from masquerade.training.xnn_d.listening import ListenerScores, listening
from masquerade.training.xnn_d.pair import Pair, obfuscated, train_pair
from masquerade.training.xnn_d.settings import XNNDSettings

GENERATOR = "generator.safetensors"
RECOGNISER = "recogniser.safetensors"
RECIPE = "xnn-d"
_HELD_BACK = 0.2
_FEWEST_TO_HOLD_BACK = 10


@final
@dataclass(frozen=True)
class DistilledFiles:
    """What came of it.

    Args:
        folder: Where the two files are.
        people: People trained on.
        photos: Photos of theirs.
        rejected: Photos that were turned away.
        notices: What was passed over, and photos with several faces.
        held_back: People kept back for measuring; 0 if there were too few.
        clean: Rank-1 identification among them by the teacher from clean features, leave-one-out.
        found: The same by the server's recogniser from obfuscated features.
        listening: What somebody gets who only compares intercepted features with clean ones, on the people kept back,
            else on those trained on; None if no two photos are of one person.
    """

    folder: Path
    people: int
    photos: int
    rejected: tuple[PhotoRejected, ...]
    notices: tuple[str, ...]
    held_back: int
    clean: float | None
    found: float | None
    listening: ListenerScores | None = None


def distil_folder(
    photos: Path,
    out: Path,
    encoder: Encoder,
    settings: XNNDSettings,
    seed: int,
    told: WordProgress | None = None,
    faces: FaceHandling = "as-is",
    *,
    overwrite: bool = False,
) -> DistilledFiles:
    """Train a generator and a recogniser on a folder of person folders, and write both.

    A fifth of the people, where there are ten or more, is not trained on but measured with.

    Args:
        photos: People who need not be those to be recognised later; two photos each or more.
        out: Folder to write to.
        encoder: The public encoder.
        settings: How to train.
        seed: Of weights, order and who is kept back.
        told: Told how far stage 1 has come.
        faces: Whether faces are found and aligned, or pictures are taken as they are.
        overwrite: Whether files of another kind may be replaced that stand under their names.

    Raises:
        UsageError: If a folder cannot be used.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        JobBusy: If another process trains to ``out``.
        WriteFailed: If the disk refuses.
    """
    with training_into(out, {GENERATOR: Kind.NOISE, RECOGNISER: Kind.MODEL}, overwrite=overwrite):
        return _distilled(photos, out, encoder, settings, seed, told, faces)


def _distilled(
    photos: Path,
    out: Path,
    encoder: Encoder,
    settings: XNNDSettings,
    seed: int,
    told: WordProgress | None,
    faces: FaceHandling,
) -> DistilledFiles:
    c, height, width = encoder.image_shape
    mode: Mode = "RGB" if c == 3 else "L"
    reader = PhotoReader(height, width, mode, faces)
    found, rejected, notices = folders.load(photos, height, width, mode, 2, reader)
    features = encoder(found.images)
    seen = found.images if settings.noise.pixels else None
    train, test = _people(found.labels, len(found.names), seed)
    pair = train_pair(
        _faces(features, found.labels, seen, train), settings, np.random.default_rng(seed), told
    )
    generator = FeatureGenerator(encoder, pair.noise)
    card = ModelCard.of(pair.student, settings=settings.recogniser, recipe=RECIPE, disguise=_facts(generator))
    save_model(out / RECOGNISER, pair.student, card)
    write_durably(out / GENERATOR, [generator_bytes(generator)])
    held = _faces(features, found.labels, seen, test) if len(test) else None
    clean, obscured = (None, None) if held is None else _measured(pair, held)
    people = len(torch.unique(found.labels[train]))
    compared = held if held is not None else _faces(features, found.labels, seen, train)
    return DistilledFiles(
        folder=out,
        people=people,
        photos=len(train),
        rejected=tuple(rejected),
        notices=(*notices, *reader.notices()),
        held_back=len(found.names) - people,
        clean=clean,
        found=obscured,
        listening=listening(pair.noise, compared, held_back=held is not None),
    )


def _people(labels: Tensor, people: int, seed: int) -> tuple[Tensor, Tensor]:
    """Rows to train on and rows of people kept back."""
    held = int(_HELD_BACK * people) if people >= _FEWEST_TO_HOLD_BACK else 0
    order = torch.from_numpy(np.random.default_rng([seed, 1]).permutation(people))
    kept = torch.isin(labels, order[:held])
    return (~kept).nonzero().flatten(), kept.nonzero().flatten()


def _faces(features: Tensor, labels: Tensor, photos: Tensor | None, rows: Tensor) -> Faces:
    dense = torch.unique(labels[rows], return_inverse=True)[1]
    return Faces(features[rows], dense, None if photos is None else photos[rows])


def _facts(generator: FeatureGenerator) -> dict[str, object]:
    """What the recogniser's card says of the generator that it goes with."""
    return {
        "kind": "FeatureGenerator",
        "digest": generator.digest,
        "encoder": generator.encoder.describe(),
        "noise": generator.noise.options.model_dump(),
    }


def _measured(pair: Pair, held: Faces) -> tuple[float, float]:
    """Rank-1 by the teacher from clean features, and by the student from obfuscated ones."""
    clean = embeddings(pair.teacher, token_norm(held.features))
    found = embeddings(pair.student, obfuscated(pair.noise, held))
    return _rank1(clean, held.labels), _rank1(found, held.labels)


def _rank1(vectors: Tensor, labels: Tensor) -> float:
    unit = functional.normalize(vectors)
    others = (unit @ unit.T).fill_diagonal_(-torch.inf)
    return float((labels[others.argmax(1)] == labels).float().mean())
