"""XNN: obfuscation beside feature extraction, training on obfuscated tokens, bfloat16, and memory of a long job."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from bench.measure import Row, interleaved
from masquerade.disguises import BlockPermutation, Chain, TokenMatrix
from masquerade.encoders import Encoder, VisionTransformer, ViTEncoder, ViTOptions, open_encoder
from masquerade.errors import MasqueradeError
from masquerade.keys import Key
from masquerade.networks import build
from masquerade.training import preset
from masquerade.training.sources import InMemory
from masquerade.training.steps import Trainer

KEY = Key.from_secret(bytes(32))
PHOTOS = 32
PEOPLE = 100
FEW, MANY = 1_300, 13_000
TWO_THIRDS = 1 / 1.5


def rows() -> Iterator[Row]:
    """All rows; each is measured when it is asked for."""
    encoder = default_encoder()
    maps = encoder(torch.randint(0, 256, (PHOTOS, *encoder.image_shape), dtype=torch.uint8))
    yield _obfuscation(encoder)
    yield _extraction(encoder)
    yield from (_step(maps, precision) for precision in ("float32", "bfloat16"))
    yield _streaming()


def default_encoder() -> Encoder:
    """SFace, which users get by themselves; where its package is missing, a ViT of random weights."""
    try:
        return open_encoder("sface")
    except MasqueradeError:
        return ViTEncoder("vit", VisionTransformer(ViTOptions()))


def _obfuscation(encoder: Encoder) -> Row:
    keyed = _obfuscator(encoder)
    images = torch.randint(0, 256, (PHOTOS, *encoder.image_shape), dtype=torch.uint8)
    maps = encoder(images)
    extraction, obfuscation = interleaved(lambda: encoder(images), lambda: keyed(maps))
    return Row(
        "xnn.obfuscation",
        obfuscation / PHOTOS * 1e6,
        "µs/photo",
        f"ratio: extraction by {encoder.name} and obfuscation, against extraction alone",
        (extraction + obfuscation) / extraction,
        1.05,
    )


def _extraction(encoder: Encoder) -> Row:
    images = torch.randint(0, 256, (PHOTOS, *encoder.image_shape), dtype=torch.uint8)
    single, half = interleaved(lambda: encoder(images), lambda: encoder(images, precision="bfloat16"))
    return Row(
        "xnn.extraction_bf16",
        half / PHOTOS * 1e6,
        "µs/photo",
        f"{encoder.name} in float32; a target where the processor has instructions for bfloat16",
        half / single,
        TWO_THIRDS if _has_bfloat16() else None,
    )


def _step(maps: Tensor, precision: str) -> Row:
    """One training step of the laptop's recogniser, on plain and on obfuscated tokens of the same photos."""
    keyed = Chain((BlockPermutation(1), TokenMatrix())).with_key(KEY, _shape(maps))
    obfuscated, plain = interleaved(_taker(keyed(maps), precision), _taker(maps, precision))
    return Row(
        f"xnn.recnet_step.{precision}",
        obfuscated / PHOTOS * 1e6,
        "µs/photo",
        "a step on plain tokens",
        obfuscated / plain,
        1.03,
    )


def _taker(maps: Tensor, precision: str) -> Callable[[], object]:
    settings = preset("laptop-recnet").model_copy(update={"batch_size": len(maps)})
    network = build("recnet", _shape(maps), PEOPLE, **settings.options)
    source = InMemory(maps, torch.arange(len(maps)) % PEOPLE)
    trainer = Trainer(network, settings, 10**6, 0, precision, None)
    return lambda: trainer.take(0, source)


def _streaming() -> Row:
    """Peak memory of disguising many photos against few, with the small encoder."""
    few, many = _peak(FEW), _peak(MANY)
    return Row(f"xnn.memory.{MANY}", many, "MiB", f"peak memory for {FEW:,} photos", many / few, 1.1)


def _peak(photos: int) -> float:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench.peak_memory", str(photos), "xnn-vit"],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _obfuscator(encoder: Encoder) -> Callable[[Tensor], Tensor]:
    return Chain((BlockPermutation(1), TokenMatrix())).with_key(KEY, encoder.shape)


def _shape(maps: Tensor) -> tuple[int, int, int]:
    d, h, w = maps.shape[1:]
    return int(d), int(h), int(w)


def _has_bfloat16() -> bool:
    """Whether products of bfloat16 are faster than of float32 by more than a copy is."""
    halves = torch.randn(512, 512).bfloat16()
    singles = halves.float()
    slow, fast = interleaved(lambda: singles @ singles, lambda: halves @ halves)
    return fast < TWO_THIRDS * slow
