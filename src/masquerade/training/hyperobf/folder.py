"""The provider's job: from a folder of person folders to a hypernetwork's file."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import final

from masquerade.data import folders
from masquerade.errors import PhotoRejected
from masquerade.faces.reading import FaceHandling, PhotoReader
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_output
from masquerade.masknets.hypernet_file import read_hypernet
from masquerade.progress import WordProgress
from masquerade.training.hyperobf.curve import Point
from masquerade.training.hyperobf.files import training_facts, write_hypernet
from masquerade.training.hyperobf.hypernet import TrainedHyperNet, train_hypernet
from masquerade.training.hyperobf.learners import HyperLearner, Learner
from masquerade.training.hyperobf.loop import Watching
from masquerade.training.hyperobf.measuring import People, measure
from masquerade.training.hyperobf.people import provider_people
from masquerade.training.hyperobf.settings import HyperObfSettings
from masquerade.training.output import training_to

FEWEST_PHOTOS = 2
"""Photos of a person, at least: one to train on, one to measure with."""


@final
@dataclass(frozen=True)
class HyperNetSummary:
    """What ``train_folder`` did.

    Args:
        hypernet: The file.
        digest: What tells the hypernetwork in it from others, 64 hexadecimal digits.
        settings: How it was trained.
        people: Trained on.
        photos: Trained on.
        held_back: Photos of the same people that the measurements are of.
        rejected: Photos that were turned away.
        notices: What was passed over, and photos with several faces.
        result: The measurement of the moment that was taken.
        curve: All measurements.
        parameters: Numbers in the hypernetwork.
        seconds: Time taken by this run, without what an interrupted one took before.
    """

    hypernet: Path
    digest: str
    settings: HyperObfSettings
    people: int
    photos: int
    held_back: int
    rejected: tuple[PhotoRejected, ...]
    notices: tuple[str, ...]
    result: Point
    curve: tuple[Point, ...]
    parameters: int
    seconds: float


def train_folder(
    photos: Path,
    out: Path,
    settings: HyperObfSettings,
    *,
    people: int | None = None,
    fewest_photos: int = FEWEST_PHOTOS,
    seed: int = 0,
    resume: bool = True,
    faces: FaceHandling = "as-is",
    keep_every: int = 0,
    progress: WordProgress | None = None,
    overwrite: bool = False,
) -> HyperNetSummary:
    """Train a hypernetwork on a folder of person folders and write it as a file.

    While training runs, its state is kept in a file beside the hypernetwork (``.checkpoint``), from which an
    interrupted job goes on.

    Args:
        photos: ``photos/<person>/<photo>``; public people. Not those to be protected.
        out: The file to write; an earlier one is replaced.
        settings: How to train.
        people: People at most, those with the most photos; None for all.
        fewest_photos: People with fewer are left out; 2 or more.
        seed: Of weights, order, latents and what is held back.
        resume: Whether to go on from a checkpoint, if there is one; otherwise it is discarded.
        faces: Whether faces are found and aligned, or pictures are taken as they are.
        keep_every: Epochs between copies of the hypernetwork, ``<out>@<epochs>``; 0 for none.
        progress: Told how far training has come.
        overwrite: Whether a file of another kind may be replaced that stands there.

    Raises:
        UsageError: If there is too little to train on.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        DeadFeatures: If it ends in nets that see no difference between photos.
        ModelError: If the checkpoint is damaged.
        JobBusy: If another process trains to ``out``.
        WriteFailed: If the disk refuses.
    """
    start = monotonic()
    size = settings.hypernet.size
    with training_to(out, Kind.SOURCE, resume=resume, overwrite=overwrite) as checkpoint:
        reader = PhotoReader(size, size, "RGB", faces)
        fewest = max(fewest_photos, FEWEST_PHOTOS)
        found, rejected, notices = folders.load(photos, size, size, "RGB", fewest, reader)
        split = provider_people(found, settings.fit.held_back, seed, people)
        kept = copies(out, split, settings, seed)
        watching = Watching(told=progress, checkpoint=checkpoint, keep_every=keep_every, kept=kept)
        trained = train_hypernet(split, settings, seed, watching)
        save(out, trained, split, settings, seed)
    return HyperNetSummary(
        hypernet=out,
        digest=read_hypernet(out).digest,
        settings=settings,
        people=split.classes,
        photos=len(split.photos),
        held_back=len(split.held_photos),
        rejected=tuple(rejected),
        notices=(*notices, *reader.notices()),
        result=trained.result,
        curve=tuple(trained.curve),
        parameters=sum(parameter.numel() for parameter in trained.hypernet.parameters()),
        seconds=monotonic() - start,
    )


def save(out: Path, trained: TrainedHyperNet, people: People, settings: HyperObfSettings, seed: int) -> None:
    """Write a trained hypernetwork with the facts of its training.

    Raises:
        ModelError: If a weight is not finite as it is stored.
        WriteFailed: If the disk refuses.
    """
    plain = settings.model_dump(mode="json")
    facts = training_facts(plain, seed, people.classes, trained.result, trained.curve)
    write_hypernet(out, trained, facts, len(people.photos))


def copies(
    out: Path, people: People, settings: HyperObfSettings, seed: int
) -> Callable[[int, Learner], None]:
    """What writes ``<out>@<epochs>`` in the midst of a training, with a measurement of that moment in its card.

    Args:
        out: The file of the end.
        people: What is trained on.
        settings: How.
        seed: Likewise.
    """

    def write(epochs: int, learner: Learner) -> None:
        assert isinstance(learner, HyperLearner)  # noqa: S101 - only hypernetworks are copied
        moment = measure(learner, people, settings.stopping.nets, epochs, 0.0, 0.0)
        # Copied, since a source freezes what it is made of.
        hypernet, classifier = deepcopy(learner.hypernet).cpu(), deepcopy(learner.classifier).cpu()
        trained = TrainedHyperNet(hypernet, classifier, moment, [moment])
        require_output(copy_path(out, epochs), Kind.SOURCE)
        save(copy_path(out, epochs), trained, people, settings, seed)

    return write


def copy_path(out: Path, epochs: int) -> Path:
    """The file of the copy after so many epochs."""
    return out.with_name(f"{out.stem}@{epochs}{out.suffix}")
