"""Sealed galleries of people who are vectors: no photo is read, everything else is as an owner's command does it."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from masquerade.keys import Key
from masquerade.owner.records import Records
from masquerade.owner.sealed.creating import create
from masquerade.owner.sealed.enrolling import enter
from masquerade.owner.sealed.opening import Opener
from masquerade.owner.sealed.owned import OwnedGallery
from masquerade.owner.sealed.publishing import changing
from masquerade.owner.sealed.record import StrangerVectors
from masquerade.owner.sealed.state import State
from masquerade.owner.sealed.templates import Template, of_vectors
from masquerade.sealed.match import CloudGallery, match
from masquerade.sealed.probe import Camera
from masquerade.sealed.vectors import quantised
from sealed_examples import unit_vectors

SIZE = 128
PUBLIC_PEOPLE = 12


class Sealed(NamedTuple):
    """A gallery's folder, its owner's key, and the records."""

    folder: Path
    key: Key
    records: Records

    @property
    def public(self) -> Path:
        return self.folder / "public"

    def owned(self) -> OwnedGallery:
        return OwnedGallery.open(*self)

    def names(self) -> set[str]:
        return set(self.owned().record.people)

    def ask(self, vector: NDArray[np.floating]) -> str:
        """Who a face's vector is, all the way: camera, cloud, owner."""
        probe = Camera.load(self.public).probe(vector)
        return Opener(self.owned()).person(match(CloudGallery(self.public), probe), probe)


def new_gallery(root: Path) -> Sealed:
    root.mkdir(parents=True, exist_ok=True)
    key = Key.from_secret(sha256(b"sealed").digest())
    key.save(root / "owner.key", overwrite=True)
    create(root / "gallery", root / "owner.key", key, faces="as-is")
    return Sealed(root / "gallery", key, Records.beside(root / "owner.key"))


def photos_of(person: int, count: int, size: int = SIZE) -> NDArray[np.float64]:
    """Vectors of one person's photos, which resemble each other (cosine .8) as a recogniser's do."""
    draw = np.random.default_rng([7, person])
    own = draw.standard_normal(size)
    each = own + 0.5 * draw.standard_normal((count, size))
    return each / np.linalg.norm(each, axis=1, keepdims=True)


def somebody(person: int, photos: int = 4) -> Template:
    """A person by number, of all their photos but for the first, which is left for a probe."""
    vectors = photos_of(person, photos + 1)[1:]
    return of_vectors(f"person {person}", sha256(vectors.tobytes()).hexdigest(), vectors)


def public_people(size: int = SIZE) -> StrangerVectors:
    vectors = np.concatenate([photos_of(-1 - person + 10_000, 4, size) for person in range(PUBLIC_PEOPLE)])
    names = tuple(f"public {person}" for person in range(PUBLIC_PEOPLE) for _ in range(4))
    return StrangerVectors.of(quantised(vectors), names)


def take_in(sealed: Sealed, people: Sequence[Template], *, accept_alike: bool = False) -> int:
    """As ``enrol`` does, but for the photos: who is in is passed over."""
    with changing(*sealed) as gallery:
        state = State(gallery)
        state.strangers = public_people()
        known = set(gallery.record.people)
        coming = [person for person in people if person.name not in known]
        return enter(state, iter(coming), len(coming), accept_alike=accept_alike)


def stranger(seed: int) -> NDArray[np.float64]:
    return unit_vectors(1, SIZE, 1_000 + seed)[0]
