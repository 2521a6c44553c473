"""Answers that were not computed from the gallery, and what an honest one never gets."""

from pathlib import Path

import numpy as np
import pytest
import seal

from masquerade.errors import DamagedCiphertext, ForeignCiphertext, SealedError, WrongAnswer
from masquerade.owner.sealed.opening import Opener
from masquerade.sealed.cards import ANSWER, AnswerCard
from masquerade.sealed.envelope import opened, packed
from masquerade.sealed.match import CloudGallery, match
from masquerade.sealed.probe import Camera
from masquerade.sealed.public_key import encryption_key
from masquerade.sealed.ring import ring
from sealed_owner_examples import Sealed, new_gallery, photos_of, somebody, stranger, take_in

PEOPLE = 130
LAST_LEVEL = 1


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """Two blocks."""
    made = new_gallery(tmp_path_factory.mktemp("answers"))
    take_in(made, [somebody(n) for n in range(PEOPLE)])
    return made


@pytest.fixture(scope="module")
def opener(sealed: Sealed) -> Opener:
    return Opener(sealed.owned())


@pytest.fixture(scope="module")
def exchange(sealed: Sealed) -> tuple[bytes, bytes]:
    """A probe of person 1, and the answer to it."""
    probe = Camera.load(sealed.public).probe(photos_of(1, 1)[0])
    return probe, match(CloudGallery(sealed.public), probe)


def fresh(sealed: Sealed, slots: np.ndarray) -> bytes:
    """What a cloud can encrypt itself, since the key is public, as it would stand in an answer."""
    camera = Camera.load(sealed.public)
    encryptor = seal.Encryptor(ring().context, encryption_key(sealed.public, camera.manifest))
    made = encryptor.encrypt(ring().encode(slots.astype(np.int64)))
    return ring().pack(ring().evaluator.mod_switch_to(made, ring().context.last_parms_id()))


def forged(answer: bytes, *parts: bytes | None, **card: str) -> bytes:
    """The answer with some of its blocks, or fields of its card, replaced."""
    about, whole = opened(answer, ANSWER, AnswerCard, "")
    blocks = [bytes(old) if new is None else new for old, new in zip(whole, parts or whole, strict=True)]
    return packed(ANSWER, about.model_copy(update=card), blocks)


def test_an_honest_answer_is_never_doubted(sealed: Sealed, opener: Opener) -> None:
    camera, cloud = Camera.load(sealed.public), CloudGallery(sealed.public)
    for seed in range(60):
        probe = camera.probe(stranger(seed))
        opener.scores(match(cloud, probe), probe)


def test_blocks_of_zeros_in_place_of_one_or_all_are_noticed(
    sealed: Sealed, opener: Opener, exchange: tuple[bytes, bytes]
) -> None:
    zeros = fresh(sealed, np.zeros(4096))
    for parts in ((zeros, None), (None, zeros), (zeros, zeros)):
        with pytest.raises(WrongAnswer):
            opener.person(forged(exchange[1], *parts))


def test_numbers_that_were_made_up_are_noticed(
    sealed: Sealed, opener: Opener, exchange: tuple[bytes, bytes]
) -> None:
    draw = np.random.default_rng(0)
    for _ in range(5):
        made_up = fresh(sealed, draw.integers(-20_000, 20_000, 4096))
        with pytest.raises(WrongAnswer):
            opener.person(forged(exchange[1], made_up, None))


def test_blocks_in_another_order_are_noticed(opener: Opener, exchange: tuple[bytes, bytes]) -> None:
    _, (first, second) = opened(exchange[1], ANSWER, AnswerCard, "")
    with pytest.raises(WrongAnswer):
        opener.person(forged(exchange[1], bytes(second), bytes(first)))
    with pytest.raises(WrongAnswer):
        opener.person(forged(exchange[1], bytes(first), bytes(first)))


def test_an_answer_to_another_face_is_noticed_where_the_probe_is_at_hand(
    sealed: Sealed, opener: Opener, exchange: tuple[bytes, bytes]
) -> None:
    other = Camera.load(sealed.public).probe(photos_of(2, 1)[0])
    answer = match(CloudGallery(sealed.public), other)
    with pytest.raises(ForeignCiphertext, match="another probe"):
        opener.person(answer, exchange[0])
    card, _ = opened(exchange[1], ANSWER, AnswerCard, "")
    relabelled = forged(answer, probe=card.probe)
    with pytest.raises(WrongAnswer, match="another face"):
        opener.person(relabelled, exchange[0])
    assert opener.person(relabelled) == "person 2", "without the probe nobody can tell"


def test_an_answer_of_an_earlier_state_is_refused(tmp_path: Path) -> None:
    sealed = new_gallery(tmp_path)
    take_in(sealed, [somebody(n) for n in range(5)])
    probe = Camera.load(sealed.public).probe(photos_of(1, 1)[0])
    answer = match(CloudGallery(sealed.public), probe)
    take_in(sealed, [somebody(6)])
    opener = Opener(sealed.owned())
    with pytest.raises(ForeignCiphertext, match="another state"):
        opener.person(answer)
    with pytest.raises(WrongAnswer):
        opener.person(forged(answer, manifest=sealed.owned().record.public.digest()))


def test_an_answer_that_is_cut_or_changed_anywhere_is_refused(
    opener: Opener, exchange: tuple[bytes, bytes]
) -> None:
    answer, draw = exchange[1], np.random.default_rng(1)
    for length in (0, 9, 300, len(answer) // 2, len(answer) - 1):
        with pytest.raises(DamagedCiphertext):
            opener.person(answer[:length])
    for at in (*range(0, 700, 9), *draw.integers(0, len(answer), 40)):
        changed = bytearray(answer)
        changed[at] ^= 1 << int(draw.integers(8))
        with pytest.raises(SealedError):
            opener.person(bytes(changed))
    with pytest.raises(DamagedCiphertext):
        opener.person(exchange[0])


def test_an_answer_without_a_block_is_refused(opener: Opener, exchange: tuple[bytes, bytes]) -> None:
    card, parts = opened(exchange[1], ANSWER, AnswerCard, "")
    with pytest.raises(DamagedCiphertext, match="1 blocks, expected 2"):
        opener.person(packed(ANSWER, card, [bytes(parts[0])]))
