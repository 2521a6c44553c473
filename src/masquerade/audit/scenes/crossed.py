"""Attacks that learn from protected photos of other people: half of the people teach, the other half is attacked."""

from dataclasses import replace
from typing import Final, Literal

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, FileTraces, Guess, Labelled, Others, Sight, View
from masquerade.audit.scenes.counted import counting, had, most_had
from masquerade.audit.studies.study import AttackSpec
from masquerade.audit.trial import Trial
from masquerade.data.image_set import ImageSet
from masquerade.errors import NotApplicable
from masquerade.guesses import Labels, Ranking, Reconstruction
from masquerade.metrics.base import Truth

_FEWEST: Final = 4
"""People: two to learn from, two to attack."""
_MOST: Final = 1500
"""Photos at most that an attack learns from."""


def guessed(
    attack: Attack,
    view: View,
    truth: Truth,
    trial: Trial,
    target: Literal["train", "test"],
    rng: np.random.Generator,
) -> tuple[Guess, dict[str, int]]:
    """The attack's guess, and how much it had; of one that learns from other people's photos two guesses in one.

    Each half of the people is attacked by what the other half taught. Whoever is named by one half stands in the
    gallery of both: nobody is easier to name for having taught.

    Raises:
        NotApplicable: If there are too few people to learn from.
    """
    if Sight.OTHERS not in attack.needs:
        counted = counting(view)
        return attack(counted, rng), had(counted)
    people = torch.unique(truth.identities)
    if len(people) < _FEWEST:
        raise NotApplicable(
            "too few people to learn from some and attack the others", value=len(people), place="photos"
        )
    first = people[torch.from_numpy(rng.permutation(len(people)))[: len(people) // 2]]
    within = torch.isin(truth.identities, first)
    parts, used = [], []
    for attacked in (within, ~within):
        rows = attacked.nonzero().flatten()
        teachers = people[~torch.isin(people, truth.identities[rows])]
        shown = replace(view, released=view.released[rows], others=_others(trial, target, teachers, rng))
        counted = counting(shown)
        parts.append((rows, attack(counted, rng)))
        used.append({"had": had(counted)})
    return _joined(parts), most_had(used)


def named_alike(trial: Trial, target: Literal["train", "test"]) -> Labelled:
    """Named photos of the people of one part of a scene, protected as the released ones are.

    Raises:
        NotApplicable: If the other part of the scene has other people.
    """
    if trial.scene.unseen:
        raise NotApplicable("nobody has other photos that are protected alike")
    known = trial.scene.test if target == "train" else trial.scene.train
    return Labelled(_protected(trial, known), known.labels)


def traces_of(trial: Trial, attack: AttackSpec, rows: Tensor) -> tuple[FileTraces, FileTraces]:
    """What the files of the attacked images tell, and those of their photos, which are the candidates.

    Raises:
        NotApplicable: If there are no files.
    """
    if trial.given is None or trial.given.files is None:
        raise NotApplicable("there are no files to look at, but images in memory")
    if attack.target != "train" or attack.candidates != "owner":
        raise NotApplicable("files are compared with those of the released images alone")
    protected, photos = trial.given.files
    return _rows_of(protected, rows), _rows_of(photos, rows)


def _protected(trial: Trial, private: ImageSet) -> Tensor:
    """What the protection made of all photos of one part of the scene, row by row."""
    return trial.leaked(private, torch.arange(len(private)))


def _rows_of(files: FileTraces, rows: Tensor) -> FileTraces:
    return FileTraces(files.sizes[rows], tuple(files.marks[row] for row in rows.tolist()))


def _others(
    trial: Trial, target: Literal["train", "test"], teachers: Tensor, rng: np.random.Generator
) -> Others:
    """Photos of some people of both parts of the scene, and their protected versions."""
    scene = trial.scene
    parts = [scene.train] if scene.unseen or not len(scene.test) else [scene.train, scene.test]
    if target == "test":
        parts = [scene.test] if scene.unseen else parts
    return _some(
        torch.cat([part.images[_of(part, teachers)] for part in parts]),
        torch.cat([part.labels[_of(part, teachers)] for part in parts]),
        torch.cat([_protected(trial, part)[_of(part, teachers)] for part in parts]),
        rng,
    )


def _of(part: ImageSet, people: Tensor) -> Tensor:
    return torch.isin(part.labels, people).nonzero().flatten()


def _some(images: Tensor, labels: Tensor, protected: Tensor, rng: np.random.Generator) -> Others:
    rows = torch.from_numpy(rng.permutation(len(images)))[:_MOST]
    return Others(Labelled(images[rows].float(), labels[rows]), protected[rows].float())


def _joined(parts: list[tuple[Tensor, Guess]]) -> Guess:
    """Guesses of several rows each as one guess of all."""
    back = torch.cat([rows for rows, _ in parts]).argsort()
    guesses = [guess for _, guess in parts]
    match guesses:
        case [Labels(), *_]:
            return Labels(torch.cat([guess.labels for guess in guesses if isinstance(guess, Labels)])[back])
        case [Ranking(), *_]:
            found = [guess.similarity for guess in guesses if isinstance(guess, Ranking)]
            return Ranking(torch.cat(found)[back])
        case [Reconstruction(), *_]:
            images = [guess.images for guess in guesses if isinstance(guess, Reconstruction)]
            return Reconstruction(torch.cat(images)[back])
        case _:
            raise NotApplicable("a guess that cannot be put together of two")
