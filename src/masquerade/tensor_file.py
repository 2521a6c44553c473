"""Named tensors and one JSON text in a safetensors file: packed, read back without trust, and their digest."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from masquerade.errors import ModelError

_LARGEST_FILE = 8 * 2**30
_LARGEST_TEXT = 4 * 2**20


def packed(tensors: Mapping[str, Tensor], kind: str, text: str) -> bytes:
    """A file's bytes: tensors, and a JSON ``text`` under the metadata name ``kind``."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return save(plain, metadata={kind: text})


def read_text(path: Path, kind: str) -> str:
    """The JSON text of a file that ``packed`` made.

    Raises:
        ModelError: If the file is missing, too large, damaged, or of another kind.
    """
    _require_size(path)
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(kind)
    except (SafetensorError, OSError) as error:
        raise _damaged(path, str(error)) from None
    if not isinstance(text, str) or len(text) > _LARGEST_TEXT:
        raise ModelError(
            f"not a file of kind {kind}", place=path, remedy="Name a file that masquerade wrote."
        )
    return text


def read_tensors(path: Path, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file, which must have exactly the expected names, shapes and types, all finite.

    Args:
        path: The file.
        expected: Tensors like those that must be there; they may lie on the ``meta`` device.

    Raises:
        ModelError: If anything is missing, left over, of another shape or type, or not a finite number.
    """
    _require_size(path)
    try:
        with safe_open(path, framework="pt") as file:
            _require_names(path, set(file.keys()), set(expected))
            for name, like in expected.items():
                found = file.get_slice(name)
                if list(found.get_shape()) != list(like.shape):
                    raise _damaged(path, f"{name} has shape {found.get_shape()}, expected {list(like.shape)}")
            # copied, since products round otherwise where numbers lie at addresses that are not multiples of 64
            tensors: dict[str, Tensor] = {name: file.get_tensor(name).clone() for name in expected}
    except (SafetensorError, OSError) as error:
        raise _damaged(path, str(error)) from None
    for name, tensor in tensors.items():
        if tensor.dtype != expected[name].dtype:
            raise _damaged(path, f"{name} is {tensor.dtype}, expected {expected[name].dtype}")
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise _damaged(path, f"{name} holds values that are not finite")
    return tensors


def digest_of(facts: Iterable[str], tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over facts, and over tensors with their names, types and shapes; 64 hexadecimal digits."""
    seen = sha256("\n".join(facts).encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        seen.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        seen.update(tensor.numpy().tobytes())
    return seen.hexdigest()


def _require_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ModelError(
            "file cannot be read", value=error.strerror, place=path, remedy="Check the path."
        ) from None
    if size > _LARGEST_FILE:
        raise ModelError(f"file is larger than {_LARGEST_FILE >> 30} GiB", value=f"{size} bytes", place=path)


def _require_names(path: Path, found: set[str], expected: set[str]) -> None:
    wrong = sorted(found ^ expected)
    if wrong:
        raise _damaged(path, f"{len(wrong)} tensors missing or left over, {wrong[0][:80]} among them")


def _damaged(path: Path, what: str) -> ModelError:
    return ModelError("file is damaged or foreign", value=what, place=path, remedy="Make or fetch it again.")
