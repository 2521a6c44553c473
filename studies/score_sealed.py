"""A sealed gallery of the 158 people of LFW who have ten photos or more: rank-1, FNIR at FPIR, and exactness.

python studies/score_sealed.py DATA [QUERIES]

Each person's gallery vector is the mean over 8 to 18 photos, two others are the probes; 500 people with two photos each
are strangers. Every probe goes the whole way: camera, cloud, owner. QUERIES (10,000) probes in all, of the held-out
photos, of the strangers' and of made-up vectors, are compared bit by bit with the integer scores in the clear.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from time import process_time

import numpy as np
import torch
from numpy.typing import NDArray

from masquerade.data import builtin, packs
from masquerade.encoders.recogniser import open_recogniser
from masquerade.keys import Key
from masquerade.metrics import intervals
from masquerade.owner.records import Records
from masquerade.owner.sealed.calibrating import told
from masquerade.owner.sealed.creating import create
from masquerade.owner.sealed.enrolling import enter
from masquerade.owner.sealed.opening import Opener
from masquerade.owner.sealed.owned import OwnedGallery
from masquerade.owner.sealed.publishing import changing
from masquerade.owner.sealed.record import StrangerVectors
from masquerade.owner.sealed.state import State
from masquerade.owner.sealed.templates import Template, of_vectors
from masquerade.sealed.cards import ANSWER, AnswerCard
from masquerade.sealed.envelope import opened
from masquerade.sealed.match import CloudGallery, match
from masquerade.sealed.probe import Camera
from masquerade.sealed.ring import ring
from masquerade.sealed.vectors import quantised

RESULTS = Path(__file__).parent / "sealed.json"
PROBES = 2
PHOTOS, MOST = 10, 20
OTHERS = 500
Vectors = NDArray[np.float64]


def main(root: Path, queries: int) -> None:
    """Measure, print, and write what was measured."""
    people, strangers = lfw(root)
    templates = [
        of_vectors(f"{n}", sha256(v.tobytes()).hexdigest(), v[PROBES:]) for n, v in enumerate(people)
    ]
    with tempfile.TemporaryDirectory() as scratch:
        gallery = sealed(Path(scratch), templates)
        asking = Asking(gallery)
        known = np.concatenate([vectors[:PROBES] for vectors in people])
        whose = np.arange(len(people)).repeat(PROBES)
        started = process_time()
        nearest = [int(asking.names[int(asking.scores(vector).argmax())]) for vector in known]
        seconds = (process_time() - started) / len(known)
        named = np.array(
            [asking.person(vector) == str(who) for vector, who in zip(known, whose, strict=True)]
        )
        some = np.array([asking.person(vector) != "unknown" for vector in strangers])
        exact, budget = exactness(asking, templates, chain(known, strangers, made_up()), queries)
    right = np.array(nearest) == whose
    found = {
        "people": len(people),
        "probes": len(known),
        "rank1": share(right, whose),
        "fnir": share(~named, whose),
        "fpir": share(some, np.arange(OTHERS).repeat(PROBES)),
        "fpir_asked": 0.01,
        "strangers": len(strangers),
        "queries": queries,
        "exact": exact,
        "least_noise_budget": budget,
        "ms_a_probe_all_sides": round(seconds * 1e3, 2),
        "cleartext_same_nearest": int((cleartext(people) == np.array(nearest)).sum()),
        "threshold": asking.threshold,
    }
    print(json.dumps(found, indent=1))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def lfw(root: Path) -> tuple[list[Vectors], Vectors]:
    """Vectors of the gallery's people, and of strangers who have two to nine photos, two of each."""
    recogniser = open_recogniser("sface")
    whole = packs.lfw(root, 112, 112, min_images=2)
    counts = torch.bincount(whole.labels)
    rows = [(whole.labels == label).nonzero().flatten() for label in range(len(counts))]
    many = [each[:MOST] for each in rows if len(each) >= PHOTOS]
    few = [each[:PROBES] for each in rows if len(each) < PHOTOS][:OTHERS]
    found = [recogniser.embed(whole.images[each]).double().numpy() for each in (*many, torch.cat(few))]
    return found[:-1], found[-1]


def sealed(scratch: Path, templates: Sequence[Template]) -> OwnedGallery:
    """A gallery of these people, its threshold set by the built-in faces and by themselves."""
    key, file = Key.generate(), scratch / "owner.key"
    key.save(file)
    create(scratch / "gallery", file, key, faces="as-is")
    faces = builtin.orl()
    vectors = open_recogniser("sface").embed(faces.images.expand(-1, 3, -1, -1)).double().numpy()
    with changing(scratch / "gallery", key, Records.beside(file)) as gallery:
        state = State(gallery)
        state.strangers = StrangerVectors.of(
            quantised(vectors), tuple(faces.names[int(label)] for label in faces.labels)
        )
        enter(state, iter(templates), len(templates))
        return state.gallery


class Asking:
    """Camera, cloud and owner of one gallery."""

    def __init__(self, gallery: OwnedGallery) -> None:
        self.gallery = gallery
        self._camera, self._cloud = Camera.load(gallery.public), CloudGallery(gallery.public)
        self._opener, self._secret = Opener(gallery), gallery.opened()
        self.names = self._opener.names
        assert gallery.record.unknown  # noqa: S101 - people are in
        self.threshold = told(gallery.record.unknown, gallery.record.public.size)

    def person(self, vector: Vectors) -> str:
        """Who is named."""
        return self._opener.person(match(self._cloud, self._camera.probe(vector)))

    def scores(self, vector: Vectors) -> NDArray[np.int64]:
        """The score of each name."""
        return self._opener.scores(match(self._cloud, self._camera.probe(vector)))

    def with_budget(self, vector: Vectors) -> tuple[NDArray[np.int64], int]:
        """The scores, and bits of noise that the worst block has left."""
        answer = match(self._cloud, self._camera.probe(vector))
        _, parts = opened(answer, ANSWER, AnswerCard, "")
        left = min(self._secret.noise_budget(ring().unpack(part, 1, "")) for part in parts)
        return self._opener.scores(answer), left


def exactness(
    asking: Asking, templates: Sequence[Template], shown: Iterator[Vectors], queries: int
) -> tuple[int, int]:
    """Probes whose scores are all the integers in the clear, and the least noise budget seen."""
    vectors = np.stack([templates[int(name)].vector for name in asking.names])
    exact, least = 0, 1 << 30
    for vector in islice(shown, queries):
        scores, left = asking.with_budget(vector)
        exact += bool((scores == vectors @ quantised(vector[None])[0]).all())
        least = min(least, left)
    return exact, least


def made_up() -> Iterator[Vectors]:
    """Unit vectors without end."""
    draw = np.random.default_rng(0)
    while True:
        drawn = draw.standard_normal(128)
        yield drawn / np.linalg.norm(drawn)


def cleartext(people: Sequence[Vectors]) -> NDArray[np.int64]:
    """The nearest person of each probe in float, nothing rounded."""
    mean = np.stack([vectors[PROBES:].sum(0) for vectors in people])
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    found: NDArray[np.int64] = (np.concatenate([v[:PROBES] for v in people]) @ mean.T).argmax(1)
    return found


def share(hits: NDArray[np.bool_], people: NDArray[np.int64]) -> dict[str, float]:
    """A share with its 95 % interval, resampled by person."""
    low, high = intervals.share(hits, people)
    return {"value": round(float(hits.mean()), 4), "low": round(low, 4), "high": round(high, 4)}


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
