"""Train HyperObf's networks for the studies, and the one that is shipped.

    python studies/train_hyperobf.py DATA OUT [NAME...]

DATA holds LFW (see docs on data sets). Trained on the people of LFW with five to nine photos, whom no study has as
tracked users, as bystanders or as attacker's people. Writes OUT/NAME.safetensors for each name, all by default;
a file that is there is left alone, a training that was stopped goes on. The name ``hypernet-1`` gives the file that
ships with masquerade; ``hypernet-1-64`` and ``epochs-64``, four times as long, keep copies on the way.
``grid-LAMBDA-ALPHA`` are short trainings for the figure over the loss's two numbers.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import process_time

import torch

from masquerade.data import packs
from masquerade.data.image_set import ImageSet
from masquerade.files.durable import write_durably
from masquerade.masknets.card import HyperNetCard
from masquerade.masknets.hypernet_file import hypernet_bytes, read_hypernet
from masquerade.masknets.source_file import read_source_card
from masquerade.networks.cloaks.hypernet import HyperNetOptions
from masquerade.training.hyperobf import (
    HyperObfSettings,
    People,
    SeparateSettings,
    TrainedMaskNet,
    Watching,
    provider_people,
    train_ensemble,
    train_hypernet,
)
from masquerade.training.hyperobf.diversity import all_features, symmetric_divergence
from masquerade.training.hyperobf.files import training_facts, write_hypernet, write_masknets
from masquerade.training.hyperobf.folder import copies
from masquerade.training.hyperobf.separate import member_checkpoint
from masquerade.training.hyperobf.settings import EarlyStopping, Fit

SEED, FEWEST, MOST, SMALL, LARGE, MEMBERS = 0, 5, 9, 64, 112, 10
KEEP_EVERY = 4
LICENCE = (
    "Weights: Apache-2.0, as masquerade; photos: Labelled Faces in the Wild, for research, from news sources."
)
FIT = Fit(epochs=24, precision="bfloat16")
SHORT, QUICK_GENERATORS = 8, 1e-3
"""Of the grid. At the usual rate of 5e-5 alpha would not count: under lambda 100 the weights' variance reaches 2.6, and
the loss's first term ends at ln(lambda / alpha), which is 4.6 at least."""
GRID = {
    "grid-1-1e-2": (1.0, 1e-2),
    "grid-1-1e-3": (1.0, 1e-3),
    "grid-1-1e-4": (1.0, 1e-4),
    "grid-10-1e-2": (10.0, 1e-2),
    "grid-10-1e-3": (10.0, 1e-3),
    "grid-10-1e-4": (10.0, 1e-4),
    "grid-100-1e-2": (100.0, 1e-2),
    "grid-100-1e-3": (100.0, 1e-3),
    "grid-100-1e-4": (100.0, 1e-4),
}
"""Lambda and alpha, as published for figure 5.7."""
Job = Callable[[Path, Path], None]


@cache
def people(data: Path, size: int) -> People:
    """The provider's people, photos of them held back."""
    everybody = packs.lfw(data, size, size, "RGB", FEWEST)
    few = torch.bincount(everybody.labels)[everybody.labels] <= MOST
    chosen: ImageSet = everybody.take(few.nonzero().flatten())
    return provider_people(chosen, FIT.held_back, SEED)


def hypernet(structure: str, size: int, keep_every: int = 0, epochs: int = FIT.epochs, **loss: float) -> Job:
    """The training of a hypernetwork; ``loss`` is what differs from the usual settings."""
    fit = FIT.model_copy(update={"epochs": epochs})
    options = HyperNetOptions(structure=structure, size=size, rank=8)
    stopping = EarlyStopping(every=4 if size == SMALL else 8, patience=0)
    settings = HyperObfSettings(hypernet=options, fit=fit, stopping=stopping, **loss)  # type: ignore[arg-type]

    def work(data: Path, out: Path) -> None:
        split = people(data, size)
        watching = replace(_watching(out), keep_every=keep_every, kept=copies(out, split, settings, SEED))
        trained = train_hypernet(split, settings, SEED, watching)
        plain = settings.model_dump(mode="json")
        facts = training_facts(plain, SEED, split.classes, trained.result, trained.curve)
        write_hypernet(out, trained, facts, len(split.photos), licence=LICENCE)

    return work


def grid(weight: float, threshold: float) -> Job:
    """The short training under a lambda and an alpha."""
    return hypernet(
        "masknet-1",
        SMALL,
        epochs=SHORT,
        weight=weight,
        threshold=threshold,
        generator_rate=QUICK_GENERATORS,
    )


def separate(kind: str, count: int = 1, dropout: float = 0.0) -> Job:
    """The training of MaskNets one by one."""
    fit = FIT.model_copy(update={"epochs": 16})
    settings = SeparateSettings(size=SMALL, dropout=dropout, fit=fit, every=8)

    def work(data: Path, out: Path) -> None:
        split = people(data, SMALL)
        nets = train_ensemble(split, settings, SEED, count, _watching(out))
        facts = _facts_of(nets, split, settings)
        write_masknets(out, kind, nets, facts, len(split.photos), licence=LICENCE)  # type: ignore[arg-type]
        for member in range(count):
            member_checkpoint(_checkpoint(out), member).unlink(missing_ok=True)

    return work


def renamed(name: str) -> Job:
    """A hypernetwork of another file, under the name of this one."""

    def work(data: Path, out: Path) -> None:
        trained = out.with_name(f"{name}.safetensors")
        main(data, out.parent, [name])
        card = read_source_card(trained)
        assert isinstance(card, HyperNetCard)  # noqa: S101 - it was just written
        source = hypernet_bytes(read_hypernet(trained), card.model_copy(update={"name": out.stem}))
        write_durably(out, [source])

    return work


JOBS: Mapping[str, Job] = {
    "hypernet-1-112": hypernet("masknet-1", LARGE),
    "hypernet-1": renamed("hypernet-1-112"),
    "hypernet-1-64": hypernet("masknet-1", SMALL, KEEP_EVERY),
    "static-64": separate("static"),
    "dropout-64": separate("dropout", dropout=0.5),
    "hypernet-2-64": hypernet("masknet-2", SMALL),
    "hypernet-3-64": hypernet("masknet-3", SMALL),
    "ensemble-64": separate("ensemble", MEMBERS),
    "epochs-64": hypernet("masknet-1", SMALL, keep_every=12, epochs=96),
    **{name: grid(*pair) for name, pair in GRID.items()},
}


def _facts_of(nets: list[TrainedMaskNet], split: People, settings: SeparateSettings) -> dict[str, object]:
    """Scores of the mean net, and how far their answers differ, each under its own classifier."""
    features = all_features([net.masknet for net in nets], split.held_photos)
    scores = torch.stack([net.classifier(some) for net, some in zip(nets, features, strict=True)])
    right = (scores.argmax(2) == split.held_labels).double().mean(1)
    apart = float(symmetric_divergence(scores).mean()) if len(nets) > 1 else 0.0
    result = replace(nets[0].result, accuracy=float(right.mean()), worst=float(right.min()), divergence=apart)
    plain = settings.model_dump(mode="json")
    return training_facts(plain, SEED, split.classes, result, nets[0].curve)


def _checkpoint(out: Path) -> Path:
    return out.with_name(f"{out.name}.checkpoint")


def _watching(out: Path) -> Watching:
    def told(done: int, total: int, words: str) -> None:
        print(f"{out.stem}: {done} of {total}, {words}, {process_time():.0f} s", flush=True)

    return Watching(told=told, checkpoint=_checkpoint(out))


def main(data: Path, out: Path, names: list[str]) -> None:
    """Train what is not there yet."""
    out.mkdir(parents=True, exist_ok=True)
    for name in names or list(JOBS):
        path = out / f"{name}.safetensors"
        if not path.exists():
            JOBS[name](data, path)
            _checkpoint(path).unlink(missing_ok=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
