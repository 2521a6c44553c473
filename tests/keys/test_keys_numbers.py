"""Secret numbers: their distributions, their order in the stream, and the same bits whatever the chunks."""

import hashlib
import math
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from masquerade.errors import UsageError
from masquerade.keys import Key, KeyStream, haar, integers, normals, rounded_digest
from masquerade.keys.keystream import Keystream
from masquerade.keys.opaque import Secret

KEY = Key.from_secret(bytes(range(32)))


class Script:
    """A keystream with the words of the test."""

    def __init__(self, *words: int) -> None:
        self.words = list(words)

    def words32(self, count: int) -> NDArray[np.uint32]:
        taken, self.words = self.words[:count], self.words[count:]
        assert len(taken) == count
        return np.array(taken, np.uint32)


def test_the_keystream_is_chacha20() -> None:
    words = Keystream(Secret(bytes(32))).words32(8)  # RFC 8439, appendix A.1, test vector 1
    assert (
        words.astype("<u4").tobytes().hex()
        == "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
    )


def test_a_keystream_ends() -> None:
    words = Keystream(Secret(bytes(32)))
    words._position = (1 << 38) - 8
    words.words64(1)
    with pytest.raises(UsageError, match="used up"):
        words.words32(1)


def test_words_that_would_bias_are_passed_over() -> None:
    largest = 2**32 - 1
    words = Script(largest, 7, largest, 12, 3)
    assert integers.integers(words, 10, 2).tolist() == [7, 2]
    assert words.words == [3]


def test_a_permutation_passes_over_words_in_their_order() -> None:
    largest = 2**32 - 1  # below 3 it is passed over, below 2 it is not
    words = Script(largest, largest, 4, largest, 9)
    assert integers.permutation(words, 3).tolist() == swapped(3, [4 % 3, largest % 2])
    assert words.words == [9]


@pytest.mark.parametrize("part", [1, 2, 7, 64, 1 << 16])
def test_a_permutation_is_the_same_in_whatever_parts_its_words_are_looked_at(
    part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = np.random.default_rng(part)
    words = rare.integers(0, 2**32, 1000, dtype=np.uint64)
    words[rare.random(1000) < 0.3] = 2**32 - 1  # passed over wherever 2^32 is no multiple of the bound
    monkeypatch.setattr(integers, "_PART", part)
    script, n, taken, places = Script(*words.tolist()), 400, iter(words.tolist()), []
    for below in range(n, 1, -1):
        word = next(word for word in taken if word < 2**32 - 2**32 % below)
        places.append(word % below)
    assert integers.permutation(script, n).tolist() == swapped(n, places)
    assert script.words == list(taken)


def swapped(n: int, places: list[int]) -> list[int]:
    order = list(range(n))
    for i, j in zip(range(n - 1, 0, -1), places, strict=True):
        order[i], order[j] = order[j], order[i]
    return order


@pytest.mark.parametrize("below", [2, 7, 3 * 2**30])
def test_integers_are_uniform(below: int) -> None:
    drawn = KEY.stream("integers").integers(below, 20000)
    assert drawn.dtype == np.int64
    assert 0 <= drawn.min() <= drawn.max() < below
    cells = min(below, 10)
    assert stats.chisquare(np.bincount(drawn * cells // below, minlength=cells)).pvalue > 1e-4


@pytest.mark.parametrize("below", [2**32 + 1, 3 * 2**61, 2**63])
def test_large_integers_are_uniform(below: int) -> None:
    drawn = KEY.stream("integers").integers(below, 5000)
    assert stats.kstest(drawn / below, "uniform").pvalue > 1e-4


def test_one_integer_is_certain() -> None:
    assert KEY.stream("integers").integers(1, 5).tolist() == [0] * 5


def test_all_permutations_are_equally_likely() -> None:
    stream = KEY.stream("permutations")
    seen = dict.fromkeys(permutations(range(4)), 0)
    for _ in range(6000):
        seen[tuple(stream.permutation(4).tolist())] += 1
    assert stats.chisquare(list(seen.values())).pvalue > 1e-4


def test_a_long_permutation_holds_everything_once() -> None:
    drawn = KEY.stream("permutations").permutation(5000)
    assert sorted(drawn) == list(range(5000))
    assert abs(stats.spearmanr(drawn, range(5000)).statistic) < 0.06


def test_uniform_and_normal_have_their_distributions() -> None:
    stream = KEY.stream("floats")
    assert stats.kstest(stream.uniform(50000), "uniform").pvalue > 1e-4
    drawn = stream.normal(200000)
    assert stats.kstest(drawn, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.01


def test_the_quantile_agrees_with_another_one() -> None:
    p = np.concatenate([np.linspace(2.0**-12, 1 - 2.0**-12, 4095), 10.0 ** -np.arange(1, 16)])
    expected = np.array([NormalDist().inv_cdf(value) for value in p.tolist()])
    assert np.abs(normals.quantile(p) - expected).max() < 1e-14


def test_the_logarithm_is_accurate() -> None:
    x = np.concatenate([np.linspace(0.01, 3.0, 3000), 2.0 ** np.arange(-60.0, 60.0)])
    expected = np.array([math.log(value) for value in x.tolist()])
    assert np.abs(normals.log(x) - expected).max() <= 1e-14


@pytest.mark.parametrize("kind", ["integers", "uniform", "normal", "orthogonal"])
def test_drawing_in_parts_gives_the_same_numbers(kind: object) -> None:
    first = {"integers": (2**31 + 1,), "orthogonal": (3,)}.get(kind, ())
    whole, parts = KEY.stream("parts"), KEY.stream("parts")
    expected = getattr(whole, kind)(*first, 40)
    found = [getattr(parts, kind)(*first, count) for count in (0, 1, 7, 32)]
    assert np.array_equal(expected, np.concatenate(found))
    assert whole.integers(1000, 3).tolist() == parts.integers(1000, 3).tolist()


def test_the_size_of_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn() -> bytes:
        stream = KEY.stream("chunks")
        return stream.normal(20000).tobytes() + stream.orthogonal(5, 30).tobytes()

    expected = drawn()
    monkeypatch.setattr(normals, "_CHUNK", 7)
    monkeypatch.setattr(haar, "_CHUNK", 100)
    assert drawn() == expected


def digest(_: object = None) -> str:
    stream = KEY.stream("threads")
    numbers = [
        stream.permutation(500),
        stream.normal(10000),
        stream.orthogonal(16, 20),
        stream.fields([bytes(16)], 99),
    ]
    return hashlib.sha256(b"".join(array.tobytes() for array in numbers)).hexdigest()


def test_threads_change_nothing() -> None:
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(digest, range(8))) == {digest()}


@pytest.mark.parametrize("threads", ["1", "4"])
def test_another_process_gives_the_same_numbers(threads: str) -> None:
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    program = "import test_keys_numbers as t; print(t.digest())"
    ran = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **limits}, capture_output=True, text=True
    )
    assert ran.stdout.strip() == digest(), ran.stderr


def test_a_field_depends_on_its_nonce_alone() -> None:
    nonces = [bytes([i]) * 16 for i in range(5)]
    stream = KEY.stream("noise")
    expected = stream.fields(nonces, 50)
    stream.normal(3)
    assert np.array_equal(stream.fields(nonces[::-1], 50)[::-1], expected)
    assert np.array_equal(stream.fields(nonces[2:3], 20)[0], expected[2, :20])
    assert len(np.unique(expected)) > 240
    assert not np.array_equal(KEY.stream("other").fields(nonces, 50), expected)
    assert stream.fields([], 3).shape == (0, 3)
    assert stream.fields(nonces, 0).shape == (5, 0)


def test_fields_are_uniform_below_one() -> None:
    drawn = KEY.stream("noise").fields([bytes([i]) * 16 for i in range(50)], 2000)
    assert drawn.dtype == np.float32
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0
    assert stats.kstest(drawn.ravel().astype(float), "uniform").pvalue > 1e-4


@pytest.mark.parametrize(
    "draw",
    [
        lambda stream: stream.integers(0, 1),
        lambda stream: stream.integers(2**63 + 1, 1),
        lambda stream: stream.integers(5, -1),
        lambda stream: stream.permutation(-1),
        lambda stream: stream.permutation(2**32 + 1),
        lambda stream: stream.uniform(-1),
        lambda stream: stream.normal(-1),
        lambda stream: stream.orthogonal(0, 1),
        lambda stream: stream.orthogonal(2, -1),
        lambda stream: stream.fields([bytes(15)], 1),
        lambda stream: stream.fields([bytes(16)], -1),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw: Callable[[KeyStream], object]) -> None:
    with pytest.raises(UsageError):
        draw(KEY.stream("refused"))


def test_the_rounded_digest_tells_numbers_and_shapes_apart() -> None:
    ones = np.ones((2, 3))
    close, far = ones + 2.0**-50, ones + 2.0**-39
    assert rounded_digest([ones]) == rounded_digest([close])
    others = [[far], [ones.reshape(3, 2)], [ones, ones], [ones.ravel()], [ones.astype(int)], []]
    assert len({rounded_digest(arrays) for arrays in [[ones], *others]}) == 7
    assert rounded_digest([np.asfortranarray(ones * [1, 2, 3])]) == rounded_digest([ones * [1, 2, 3]])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 2.0**23])
def test_the_rounded_digest_refuses_what_the_grid_cannot_hold(wrong: float) -> None:
    with pytest.raises(UsageError, match="derivation check"):
        rounded_digest([np.array([0.0, wrong])])
