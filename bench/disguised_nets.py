"""Disguised-Nets: disguising a batch, a folder of JPEGs, memory, and a key's matrices."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from PIL import Image

from bench.measure import Row, copy, floors, interleaved, product
from masquerade.data import builtin, intake
from masquerade.disguises import BlockMatrix, BlockPermutation, Chain, Noise
from masquerade.disguises.base import Disguise, Keyed
from masquerade.keys import Key, derivation_seconds
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from masquerade.recipes import Recipe, recipe

KEY = Key.from_secret(bytes(32))
IMAGES = {32: 512, 112: 64}
STRICTER = "the larger of the two, as if copying and computing did not wait for each other"
CASES = [(32, 2), (112, 4), (112, 8), (112, 16)]
FLOOR = "floor: a tensor copy of its bytes and a float32 product of its operations"


def rows() -> Iterator[Row]:
    """All rows; each is measured when it is asked for."""
    for side, block in CASES:
        for variant in ("rows", "block"):
            name = f"{side}x{side}x3.{block}x{block}.{variant}"
            yield from _disguise(name, _chain(block, variant), side, variant, block)
    noisy = Chain((Noise(50), BlockMatrix(2)))
    yield from _disguise("32x32x3.2x2.rows.noise50", noisy, 32, "rows", 2, target=None)
    yield from _folder()
    yield _memory()
    yield Row(
        "disguised_nets.derive.784x16x16", _best(derivation_seconds), "s", "target in seconds", None, 2.0
    )


def _chain(block: int, variant: str) -> Disguise:
    return Chain((BlockMatrix(block, variant=variant), BlockPermutation(block)))  # type: ignore[arg-type]


def _disguise(
    name: str, disguise: Disguise, side: int, variant: str, block: int, target: float | None = 4.0
) -> Iterator[Row]:
    keyed: Keyed = disguise.with_key(KEY, (3, side, side))
    n = IMAGES[side]
    images = torch.randint(0, 256, (n, 3, side, side), dtype=torch.uint8)
    seconds, copied, multiplied = interleaved(lambda: keyed(images), copy, product)
    numbers = 3 * side * side
    width = block if variant == "rows" else 3 * block * block
    # One uint8 read and one float32 written a number.
    needed = n * numbers * 5, 2.0 * n * numbers * width
    floor = floors(copied, multiplied)
    taken = seconds / n * 1e6
    name = f"disguised_nets.disguise.{name}"
    yield Row(name, taken, "µs/image", FLOOR, seconds / floor.of(*needed), target)
    yield Row(f"{name}.stricter", taken, "µs/image", STRICTER, seconds / floor.stricter(*needed), None)


def _folder() -> Iterator[Row]:
    """From a folder of JPEGs to finished shards, against decoding them and writing the same bytes."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        _write_jpegs(root / "photos", copies=5)
        paths = sorted((root / "photos").rglob("*.jpg"))
        chosen = recipe("dn-lfw")
        job, plain = [], []
        for turn in range(3):
            started = time.perf_counter()
            _release(root, chosen, turn)
            job.append(time.perf_counter() - started)
            size = sum(p.stat().st_size for p in (root / f"released{turn}").glob("*.safetensors"))
            started = time.perf_counter()
            _only_decode(paths, chosen, root / "plain", size)
            plain.append(time.perf_counter() - started)
        yield Row(
            "disguised_nets.folder.32x32x3",
            min(job) / len(paths) * 1e6,
            "µs/photo",
            "decoding the same photos in as many threads and writing the same bytes",
            min(job) / min(plain),
            1.6,
        )


def _release(root: Path, chosen: Recipe, turn: int) -> None:
    out, records = root / f"released{turn}", Records(root / f"records{turn}")
    disguise_folder(root / "photos", out, KEY, records, chosen, accept_broken=True)


def _write_jpegs(root: Path, copies: int) -> None:
    faces = builtin.orl(112, 112)
    for row, (face, label) in enumerate(zip(faces.images, faces.labels.tolist(), strict=True)):
        folder = root / f"person{label}"
        folder.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(face[0].numpy()).convert("RGB")
        for quality in range(copies):
            picture.save(folder / f"{row}-{quality}.jpg", quality=90 + quality)


def _only_decode(paths: list[Path], chosen: Recipe, out: Path, size: int) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        list(
            pool.map(
                lambda p: intake.decode(p, chosen.height, chosen.width, chosen.mode), paths, chunksize=64
            )
        )
    with out.open("wb") as file:
        file.write(bytes(size))
        file.flush()
        os.fsync(file.fileno())


def _memory() -> Row:
    """Peak memory for 50,000 photos against 5,000."""
    few, many = (_peak(n) for n in (5_000, 50_000))
    return Row("disguised_nets.memory.50000", many, "MiB", "peak memory for 5,000 photos", many / few, 1.1)


def _peak(photos: int) -> float:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench.peak_memory", str(photos)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def _best(seconds: object) -> float:
    assert callable(seconds)
    return min(seconds() for _ in range(5))
