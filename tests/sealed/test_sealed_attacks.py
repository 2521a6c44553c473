"""What is to be had of a sealed gallery: everything by whoever is told scores, nothing by whoever sees ciphertexts.

Each attack that fails on ciphertexts runs beside a control that it must break: the same files, with the identity in
place of encryption.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats

from masquerade.attacks.solving import solved
from masquerade.data import builtin
from masquerade.encoders.recogniser import open_recogniser
from masquerade.owner.sealed.canaries import places
from masquerade.owner.sealed.opening import Opener
from masquerade.owner.sealed.resealing import reseal
from masquerade.sealed.cards import PROBE, ProbeCard
from masquerade.sealed.envelope import opened
from masquerade.sealed.layout import BlockLayout, probe_slots
from masquerade.sealed.match import CloudGallery, match
from masquerade.sealed.probe import Camera
from masquerade.sealed.vectors import quantised
from sealed_examples import unit_vectors
from sealed_owner_examples import Sealed, new_gallery, photos_of, somebody, take_in

PEOPLE = 40
FACES = 20
QUERIES = 160
SIZE = 128


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    made = new_gallery(tmp_path_factory.mktemp("attacked"))
    take_in(made, [somebody(n) for n in range(PEOPLE)])
    return made


def asked(sealed: Sealed) -> tuple[Opener, Callable[[NDArray[np.float64]], bytes]]:
    """The owner, and what a client gets back from the cloud for a vector of the client's choice."""
    camera, cloud = Camera.load(sealed.public), CloudGallery(sealed.public)
    return Opener(sealed.owned()), lambda vector: match(cloud, camera.probe(vector))


def gallery_from_scores(answers: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Every vector of a gallery, ``(n, SIZE)``, by a client who is told a number for each person and probe.

    Scores are linear in the gallery's vectors: as many probes as a vector has numbers give them all, by least squares.
    """
    shown = unit_vectors(QUERIES, SIZE, 5)
    numbers = torch.from_numpy(quantised(shown)).double()
    told = torch.from_numpy(np.stack([answers(vector) for vector in shown])).double()
    return solved(numbers.T @ numbers, numbers.T @ told).T.numpy()


def cosines(found: NDArray[np.float64], sealed: Sealed, names: tuple[str, ...]) -> NDArray[np.float64]:
    whole = np.stack([somebody(int(name.split()[1])).vector for name in names]).astype(np.float64)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(whole, axis=1)
    return (found * whole).sum(1) / np.maximum(lengths, 1e-9)


def test_a_client_who_is_told_scores_has_the_whole_gallery(sealed: Sealed) -> None:
    opener, answer = asked(sealed)
    found = gallery_from_scores(lambda vector: opener.scores(answer(vector)))
    assert cosines(found, sealed, opener.names).min() > 0.9999999
    assert (np.rint(found[0]) == somebody(int(opener.names[0].split()[1])).vector).all()


def test_a_client_who_is_told_a_name_or_nothing_has_next_to_nothing(sealed: Sealed) -> None:
    opener, answer = asked(sealed)

    def name(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        who = opener.person(answer(vector))
        return np.array([float(who == each) for each in opener.names])

    assert cosines(gallery_from_scores(name), sealed, opener.names).max() < 0.4


def numbers_of(probe: bytes) -> NDArray[np.float64]:
    """A ciphertext's numbers, as far as bytes show them."""
    _, parts = opened(probe, PROBE, ProbeCard, "")
    return np.frombuffer(parts[0], np.uint8)[8:].astype(np.float64)


def found_again(first: NDArray[np.float64], second: NDArray[np.float64]) -> int:
    """How many rows of the one are nearest to the same row of the other, by the cosine of what differs."""
    left, right = (each - each.mean(0) for each in (first, second))
    left, right = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (left, right))
    return int(((left @ right.T).argmax(1) == np.arange(len(left))).sum())


def at_most_by_chance(trials: int) -> int:
    """Hits that guessing among as many exceeds once in a million runs."""
    return int(stats.binom.ppf(0.999999, trials, 1 / trials))


@pytest.fixture(scope="module")
def faces() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vectors of two photos each of twenty built-in people."""
    images = builtin.orl().images[[n * 10 + k for k in (0, 1) for n in range(FACES)]]
    vectors = open_recogniser("sface").embed(images.expand(-1, 3, -1, -1)).double().numpy()
    return vectors[:FACES], vectors[FACES:]


def test_nobody_is_found_again_by_the_numbers_of_ciphertexts(
    sealed: Sealed, faces: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> None:
    camera = Camera.load(sealed.public)
    first, second = (np.stack([numbers_of(camera.probe(v)) for v in some]) for some in faces)
    plain = [np.stack([probe_slots(quantised(v[None])[0]).astype(float) for v in some]) for some in faces]
    assert found_again(*plain) > 0.9 * FACES, "the control: the identity in place of encryption"
    assert found_again(first, second) <= at_most_by_chance(FACES)


def test_two_probes_of_one_photo_are_not_linked(
    sealed: Sealed, faces: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> None:
    camera = Camera.load(sealed.public)
    first, second = (np.stack([numbers_of(camera.probe(v)) for v in faces[0]]) for _ in range(2))
    plain = np.stack([probe_slots(quantised(v[None])[0]).astype(float) for v in faces[0]])
    assert found_again(plain, plain) == FACES, "the control: the identity in place of encryption"
    assert found_again(first, second) <= at_most_by_chance(FACES)


def test_a_file_s_length_tells_no_face_and_no_number_of_people(sealed: Sealed, tmp_path: Path) -> None:
    camera = Camera.load(sealed.public)
    assert len({len(camera.probe(photos_of(n, 1)[0])) for n in range(5)}) == 1
    alone = new_gallery(tmp_path)
    take_in(alone, [somebody(1)])
    sizes = {path.stat().st_size for each in (sealed, alone) for path in each.public.glob("block-*")}
    assert len(sizes) == 1
    answers = {len(match(CloudGallery(each.public), Camera.load(each.public).probe(photos_of(1, 1)[0])))
               for each in (sealed, alone)}  # fmt: skip
    assert len(answers) == 1


def test_places_follow_neither_the_order_of_people_nor_an_earlier_sealing(tmp_path: Path) -> None:
    sealed, layout = new_gallery(tmp_path), BlockLayout(SIZE, 4)
    take_in(sealed, [somebody(n) for n in range(60)])
    before = sealed.owned().record.blocks[0]
    reseal(*sealed)
    after = sealed.owned().record.blocks[0]
    orders = [places(sealed.key, block.name, layout)[3:63] for block in (before, after)]
    whose = [[int(person.name.split()[1]) for person in block.people] for block in (before, after)]
    by_person = [np.array(order)[np.argsort(people)] for order, people in zip(orders, whose, strict=True)]
    for left, right in ((np.arange(60), by_person[0]), (by_person[0], by_person[1])):
        assert abs(stats.spearmanr(left, right).statistic) < 0.65
