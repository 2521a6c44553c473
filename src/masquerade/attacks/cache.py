"""What attacks compute from public things, kept for the next attack of the same process."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, TypeVar

import torch
from torch import Tensor

Made = TypeVar("Made")

_MOST: Final = 12
_MOST_VECTORS: Final = 200_000
_kept: Final[OrderedDict[str, Any]] = OrderedDict()
_vectors: Final[OrderedDict[bytes, Tensor]] = OrderedDict()


def digest_of(*parts: object) -> str:
    """SHA-256 over tensors' numbers, types and shapes, and over the text of everything else; hexadecimal."""
    seen = sha256()
    for part in parts:
        if isinstance(part, Tensor):
            seen.update(f"{part.dtype}{tuple(part.shape)}".encode())
            seen.update(part.contiguous().numpy().tobytes())
        else:
            seen.update(f"{part!r};".encode())
    return seen.hexdigest()


def kept(name: str, make: Callable[[], Made]) -> Made:
    """What ``make`` gives, computed once for a ``name`` that states all it depends on; the latest few are kept."""
    if name not in _kept:
        _kept[name] = make()
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    _kept.move_to_end(name)
    made: Made = _kept[name]
    return made


def vectors_of(name: str, embed: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Vectors of images, each image's computed once.

    Args:
        name: Tells ``embed`` from others.
        embed: Images ``(n, c, h, w)`` to vectors ``(n, e)``.
        images: ``(n, c, h, w)``.
    """
    own = [sha256(name.encode() + image.numpy().tobytes()).digest() for image in images.float().contiguous()]
    new = [row for row, key in enumerate(own) if key not in _vectors]
    if new:
        for row, vector in zip(new, embed(images[torch.tensor(new)]).float(), strict=True):
            _vectors[own[row]] = vector.clone()
    found = torch.stack([_vectors[key] for key in own]) if own else embed(images)
    while len(_vectors) > _MOST_VECTORS:
        _vectors.popitem(last=False)
    return found
