"""Writes what HyperObf's trainings give, as sources of MaskNets."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal

from masquerade.files.durable import write_durably
from masquerade.masknets.card import EnsembleCard, HyperNetCard
from masquerade.masknets.dropout import DropoutSource
from masquerade.masknets.ensemble import EnsembleSource
from masquerade.masknets.ensemble_file import ensemble_bytes
from masquerade.masknets.hypernet_file import hypernet_bytes
from masquerade.masknets.hypernet_source import HyperNetSource
from masquerade.masknets.static import StaticSource
from masquerade.training.hyperobf.curve import Point
from masquerade.training.hyperobf.hypernet import TrainedHyperNet
from masquerade.training.hyperobf.separate import TrainedMaskNet
from masquerade.training.output import plain_name

LICENCE: Final = "The terms of the photos that it was trained on."
Stored = Literal["float16", "float32"]


def training_facts(
    settings: Mapping[str, Any], seed: int, people: int, result: Point, curve: Sequence[Point] = ()
) -> dict[str, Any]:
    """What a card says of the training: method, data, seed, scores.

    Args:
        settings: As plain data.
        seed: Of the training and of what was held back.
        people: Number of people; none is named.
        result: Measurement of the moment that was taken.
        curve: All measurements.
    """
    return {
        "method": "HyperObf",
        "seed": seed,
        "people": people,
        "settings": dict(settings),
        "result": asdict(result),
        "curve": [asdict(point) for point in curve],
    }


def write_hypernet(
    path: Path,
    trained: TrainedHyperNet,
    facts: Mapping[str, Any],
    photos: int,
    *,
    licence: str = LICENCE,
    stored: Stored = "float16",
) -> None:
    """Write a hypernetwork and its classifier; a file that is there is replaced whole or not at all.

    Args:
        path: The file; its name, without the ending, is the source's.
        trained: What to write.
        facts: As ``training_facts`` gives them.
        photos: Number of photos that it was trained on.
        licence: Terms of the weights and of the photos.
        stored: Type of the numbers in the file.

    Raises:
        ModelError: If a weight is not finite as it is stored.
        WriteFailed: If the disk refuses.
    """
    source = HyperNetSource(plain_name(path), trained.hypernet, trained.classifier)
    card = HyperNetCard(
        name=source.name,
        options=trained.hypernet.options,
        classes=trained.classifier.out_features,
        stored=stored,
        training=dict(facts),
        photos=photos,
        licence=licence,
    )
    _write(path, hypernet_bytes(source, card))


def write_masknets(
    path: Path,
    kind: Literal["ensemble", "static", "dropout"],
    trained: Sequence[TrainedMaskNet],
    facts: Mapping[str, Any],
    photos: int,
    *,
    licence: str = LICENCE,
    stored: Stored = "float16",
) -> None:
    """Write MaskNets that were trained one by one; of an ensemble without the classifiers, which are not shared.

    Args:
        path: The file; its name, without the ending, is the source's.
        kind: How they are used. Only an ensemble may have more than one.
        trained: What to write.
        facts: As ``training_facts`` gives them.
        photos: Number of photos that they were trained on.
        licence: Terms of the weights and of the photos.
        stored: Type of the numbers in the file.

    Raises:
        ModelError: If a weight is not finite as it is stored.
        WriteFailed: If the disk refuses.
    """
    source = _source(kind, plain_name(path), trained)
    card = EnsembleCard(
        name=source.name,
        source=kind,
        structure=source.structure.name,
        size=source.structure.size,
        masknets=len(trained),
        classes=source.classifier.out_features if source.classifier else 0,
        stored=stored,
        training=dict(facts),
        photos=photos,
        licence=licence,
    )
    _write(path, ensemble_bytes(source, card))


def _source(
    kind: str, name: str, trained: Sequence[TrainedMaskNet]
) -> EnsembleSource | StaticSource | DropoutSource:
    if kind == "ensemble":
        return EnsembleSource(name, [one.masknet for one in trained])
    (only,) = trained
    return (StaticSource if kind == "static" else DropoutSource)(name, only.masknet, only.classifier)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, [content])
