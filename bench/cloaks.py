"""HyperObf: faces cloaked by optimisation and in one pass."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torchmetrics.functional.image import structural_similarity_index_measure

from bench.measure import Row, interleaved
from masquerade.disguises import MaskNetCloak, OnePassCloak, untrained
from masquerade.keys import Key
from masquerade.masknets.generator_file import SHIPPED, open_cloak_generator
from masquerade.networks.cloaks.ssim import InnerSSIM

FACES, SIDE, CORES = 16, 112, 2


def rows() -> Iterator[Row]:
    """Time on one thread; two threads take a part of the faces each. Speed does not depend on what the weights are."""
    yield _optimised()
    for name in SHIPPED:
        yield _one_pass(name)
    yield _similarity()


def _optimised() -> Row:
    keyed = MaskNetCloak(untrained("masknet-1", SIDE)).with_key(Key.from_secret(bytes(32)), (3, SIDE, SIDE))
    faces = smooth_faces()
    (seconds,) = interleaved(lambda: keyed(faces[:1]))
    return Row("hyperobf.cloak.optimised", seconds, "s/face", "40 steps at 112x112, masknet-1", None, 0.3)


def _one_pass(name: str) -> Row:
    """Half the processor time of a batch on one thread: on two cores each takes half of the faces."""
    cloak = OnePassCloak(open_cloak_generator(name), untrained("masknet-1", SIDE))
    keyed = cloak.with_key(Key.from_secret(bytes(32)), (3, SIDE, SIDE))
    faces = smooth_faces()
    (seconds,) = interleaved(lambda: keyed(faces))
    each = seconds / FACES / CORES * 1e3
    return Row(f"hyperobf.cloak.{name}", each, "ms/face", "16 faces at 112x112, 2 cores", None, 15)


def _similarity() -> Row:
    """Structural similarity and its gradient, beside torchmetrics' by automatic differentiation."""
    faces = smooth_faces().float()
    changed = (faces + 8 * torch.randn(faces.shape)).requires_grad_()
    similarity = InnerSSIM(faces)
    ours, plain = interleaved(
        lambda: similarity.compare(changed.detach()).gradient(torch.ones(FACES)),
        lambda: torch.autograd.grad(_plain(changed, faces), changed),
    )
    return Row("hyperobf.similarity", ours / FACES * 1e3, "ms/face", "torchmetrics", ours / plain, 0.5)


def _plain(changed: Tensor, faces: Tensor) -> Tensor:
    mean = structural_similarity_index_measure(changed, faces, data_range=255.0)
    assert isinstance(mean, Tensor)
    return mean


def smooth_faces() -> Tensor:
    """Photos in all that time depends on, uint8 ``(16, 3, 112, 112)``."""
    rough = torch.rand(FACES, 3, 14, 14) * 255
    return nn.functional.interpolate(rough, (SIDE, SIDE), mode="bilinear").to(torch.uint8)
