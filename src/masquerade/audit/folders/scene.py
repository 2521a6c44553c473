"""Pairs that were read, divided into what is attacked and what people are known by."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final, final

import torch
from torch import Tensor

from masquerade.attacks.base import FileTraces
from masquerade.audit.folders.traces import Traces
from masquerade.audit.scenes.scene import Scene, facts_of, some_rows
from masquerade.audit.studies.data_spec import DataSpec
from masquerade.audit.studies.given import Released
from masquerade.data import builtin
from masquerade.data.image_set import ImageSet
from masquerade.data.splits import within_identity
from masquerade.errors import StudyError

SIDE: Final = 112
"""Rows and columns that faces are brought to."""
_PUBLIC: Final = 300
_SEED: Final = 0
_HALF: Final = 0.5


@final
@dataclass(frozen=True)
class Divided:
    """A scene of pairs, and its release.

    Args:
        scene: Photos: ``train`` is attacked, ``test`` is what people are known by.
        released: What was made of them.
        named: Whether people are known; else every photo is its own person.
        notes: What cannot be asked, and who is left out.
    """

    scene: Scene
    released: Released
    named: bool
    notes: tuple[str, ...]


def divided(
    spec: DataSpec,
    photos: Tensor,
    protected: Tensor,
    people: list[str],
    files: list[tuple[Traces, Traces]],
    *,
    named: bool,
) -> Divided:
    """Half of each person's pictures are attacked; of the other half the photos are named.

    Args:
        spec: Size of the pictures.
        photos: uint8 ``(n, c, h, w)``.
        protected: uint8 or float32, row by row.
        people: Who is on each; as many names as photos where nobody says.
        files: What the files tell, row by row; empty where there are none.
        named: Whether somebody says who is on them.

    Raises:
        StudyError: If fewer than two photos are left.
    """
    if len(photos) < 2:
        raise StudyError("fewer than two photos that could be read", value=len(photos), place="photos")
    names = {name: number for number, name in enumerate(dict.fromkeys(people))}
    labels = torch.tensor([names[name] for name in people])
    whole = ImageSet(photos, labels, tuple(names))
    several = (
        (torch.bincount(labels)[labels] > 1).nonzero().flatten()
        if named
        else torch.tensor([], dtype=torch.int64)
    )
    asked = len(torch.unique(labels[several]))
    notes = _notes(whole, several, asked, named)
    if asked < 2:
        rows, known, alone = torch.arange(len(photos)), torch.tensor([], dtype=torch.int64), True
        whole = ImageSet(
            photos, torch.arange(len(photos)), tuple(f"photo {i + 1}" for i in range(len(photos)))
        )
    else:
        attacked, held = within_identity(labels[several], _HALF, _SEED)
        rows, known, alone = several[attacked], several[held], False
    public = _public(whole.shape)
    train, test = whole.take(rows), whole.take(known)
    facts = facts_of(spec, whole, len(train), len(test), len(public)).model_copy(
        update={
            "note": f"{len(train)} protected pictures under attack, {len(test)} photos of the same people that the "
            f"attacker knows by name.",
            "people": len(torch.unique(train.labels)),
        }
    )
    scene = Scene(train, test, public, None, facts, of_people=not alone)
    found = tuple(_table(files, rows, side) for side in (0, 1)) if files else None
    released = Released(
        None,
        protected[rows].float(),
        protected[known].float(),
        files=found,  # type: ignore[arg-type]
    )
    return Divided(scene, released, not alone, notes)


def digest_of_pairs(photos: Tensor, protected: Tensor, people: list[str]) -> str:
    """SHA-256 over pixels of both sides and who is on them, hexadecimal."""
    seen = sha256(photos.contiguous().numpy().tobytes())
    seen.update(protected.contiguous().numpy().tobytes())
    seen.update("\n".join(people).encode("utf-8", "surrogateescape"))
    return seen.hexdigest()


def _notes(whole: ImageSet, several: Tensor, asked: int, named: bool) -> tuple[str, ...]:
    if not named:
        return (
            "nobody says who is on the photos: every photo is taken for a person of its own, and it cannot be asked"
            " whether people are named by other photos of theirs",
        )
    if asked < 2:
        return (
            "fewer than two people have two photos: it cannot be asked whether people are named by other photos of"
            " theirs",
        )
    left = len(whole) - len(several)
    return (
        (f"{left} people with one photo are left out: nothing else is there to know them by",) if left else ()
    )


def _table(files: list[tuple[Traces, Traces]], rows: Tensor, side: int) -> FileTraces:
    found = [files[row][side] for row in rows.tolist()]
    return FileTraces(
        torch.stack([torch.from_numpy(sizes) for sizes, _ in found]), tuple(marks for _, marks in found)
    )


def _public(shape: tuple[int, int, int]) -> ImageSet:
    """The built-in faces, which nobody's folder holds."""
    faces = builtin.orl(*shape[1:])
    faces = faces.take(some_rows(len(faces), _PUBLIC))
    images = faces.images.expand(-1, shape[0], -1, -1).contiguous()
    return ImageSet(images, faces.labels, faces.names)
