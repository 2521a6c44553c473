"""Sealed galleries: what camera, cloud and owner take, what is sent and stored, and TenSEAL on the same job."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench.measure import Row, interleaved
from bench.sealed_made import SIZE, make, size_of, unit
from masquerade.sealed.block import read_block
from masquerade.sealed.cards import ANSWER, AnswerCard
from masquerade.sealed.envelope import opened
from masquerade.sealed.layout import BlockLayout
from masquerade.sealed.match import CloudGallery, match
from masquerade.sealed.probe import Camera
from masquerade.sealed.ring import ring
from masquerade.sealed.vectors import MODULUS, quantised

MILLISECONDS = {158: 10.0, 1_000: None, 10_000: 100.0, 100_000: 1_000.0}
MANY = 1_000_000
BYTES_A_PERSON = 4_700.0
REPEATS = 3
COMPARED = 1_000
TIMES = 30


def rows() -> Iterator[Row]:
    """All rows; each is measured when it is asked for."""
    with tempfile.TemporaryDirectory() as scratch:
        for people, target in MILLISECONDS.items():
            folder = Path(scratch) / str(people)
            opener = make(folder, people)
            cloud, probe = CloudGallery(folder), Camera.load(folder).probe(unit(1, 1)[0])
            answer = match(cloud, probe)
            took = _least(lambda cloud=cloud, probe=probe: match(cloud, probe))
            yield Row(f"sealed.match.{people}", took * 1e3, "ms", "one core, gallery in memory", None, target)
            opening = _least(
                lambda opener=opener, answer=answer, people=people: _open(opener, answer, people)
            )
            yield Row(f"sealed.open.{people}", opening * 1e3, "ms", "the owner", None, None)
            yield Row(f"sealed.answer.{people}", len(answer), "bytes", "one ciphertext a block", None, None)
            each = size_of(folder)["blocks"] / people
            least = BYTES_A_PERSON if people >= 10_000 else None
            yield Row(f"sealed.stored.{people}", each, "bytes/person", "in the cloud", None, least)
        yield _in_the_clear()
        yield from _sent(Path(scratch) / "158")
        yield from _tenseal(Path(scratch) / str(COMPARED))
        yield from _many(Path(scratch))


def _in_the_clear() -> Row:
    gallery, shown = unit(100_000, 0).astype(np.float32), unit(1, 1)[0].astype(np.float32)
    (took,) = interleaved(lambda: (gallery @ shown).argmax())
    return Row("sealed.clear.100000", took * 1e3, "ms", "numpy, nothing encrypted", None, None)


def _sent(folder: Path) -> Iterator[Row]:
    camera, vector = Camera.load(folder), unit(1, 2)[0]
    probe, plain = interleaved(lambda: camera.probe(vector), lambda: quantised(vector[None]))
    del plain
    yield Row("sealed.probe", probe * 1e3, "ms", "a camera, after the face's vector", None, 2.0)
    yield Row("sealed.probe.bytes", len(camera.probe(vector)), "bytes", "sent by a camera", None, 75_000.0)
    yield Row("sealed.keys.bytes", size_of(folder)["keys"], "bytes", "all public keys", None, 1_050_000.0)


def _tenseal(folder: Path) -> Iterator[Row]:
    """The same people by TenSEAL's product with a matrix in the clear, which it is made for."""
    try:
        import tenseal
    except ImportError:
        print("sealed.tenseal: not installed, left out", flush=True)
        return
    context = tenseal.context(tenseal.SCHEME_TYPE.CKKS, 8192, coeff_mod_bit_sizes=[60, 40, 60])
    context.global_scale = 2**40
    context.generate_galois_keys()
    probe, gallery = tenseal.ckks_vector(context, unit(1, 1)[0].tolist()), unit(COMPARED, 0).T.tolist()
    theirs = _least(lambda: probe.matmul(gallery))
    cloud, ours = CloudGallery(folder), Camera.load(folder).probe(unit(1, 1)[0])
    match(cloud, ours)
    took = _least(lambda: match(cloud, ours))
    size = len(context.serialize(save_secret_key=False))
    yield Row("sealed.tenseal.keys.bytes", size, "bytes", "TenSEAL's public context", None, None)
    yield Row(
        f"sealed.tenseal.{COMPARED}",
        theirs * 1e3,
        "ms",
        "ratio: ours, with the gallery encrypted too, against TenSEAL's matmul with it in the clear",
        took / theirs,
        1 / TIMES,
    )


def _many(scratch: Path) -> Iterator[Row]:
    """A million people, read from disk for each probe: arithmetic and reading apart, and memory."""
    folder = scratch / str(MANY)
    make(folder, MANY)
    cloud, probe = CloudGallery(folder, memory=0), Camera.load(folder).probe(unit(1, 1)[0])
    whole = _seconds(lambda: match(cloud, probe))
    reading = _seconds(lambda: [len(read_block(folder, cloud.manifest, b)) for b in cloud.manifest.blocks])
    yield Row(
        f"sealed.match.{MANY}", (whole - reading) * 1e3, "ms", "arithmetic alone, one core", None, 10_000.0
    )
    yield Row(f"sealed.reading.{MANY}", reading * 1e3, "ms", "reading and unpacking its blocks", None, None)
    yield Row(
        f"sealed.stored.{MANY}", size_of(folder)["blocks"] / MANY, "bytes/person", "", None, BYTES_A_PERSON
    )
    few, many = _peak(scratch / "100000"), _peak(folder)
    yield Row(
        f"sealed.memory.{MANY}", many, "MiB", "beside the answer; ratio to 100,000 people", many / few, 1.1
    )


def _peak(folder: Path) -> float:
    command = [sys.executable, "-m", "bench.sealed_memory", str(folder)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603


def _open(opener, answer: bytes, people: int) -> np.ndarray:  # noqa: ANN001
    layout = BlockLayout.fitting(SIZE, people)
    _, parts = opened(answer, ANSWER, AnswerCard, "")
    return np.concatenate(
        [layout.scores_of(opener.decrypted(ring().unpack(part, 1, "")), MODULUS) for part in parts]
    )


def _least(run: Callable[[], object]) -> float:
    return min(_seconds(run) for _ in range(REPEATS))


def _seconds(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started
