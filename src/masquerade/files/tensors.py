"""Named tensors and one JSON text in a safetensors file: packed with checksums, read back without trust.

Format 2 has, beside the text, two checksums among its metadata: ``sha256`` of the tensors' bytes, and ``sha256.header``
of all bytes before them, its own 64 digits taken as zeros; every bit of the file is covered by one of them. The header
is written here rather than by the safetensors library, which keeps metadata in an unordered map. Format 1 has none.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from masquerade.errors import ModelError
from masquerade.files.kinds import TENSORS, Kind, kind_behind, named
from masquerade.files.opening import open_file

_LARGEST_FILE: Final = 8 * 2**30
_LARGEST_TEXT: Final = 4 * 2**20
_LARGEST_HEADER: Final = 2**20
_LARGEST_LIST: Final = 16 * 2**20
"""Bytes of a header that names a person or key for each row."""
_PART: Final = 2**20
_LISTS: Final = {"masquerade.issued", "masquerade.gallery", "masquerade.features"}
_DATA, _HEADER = "sha256", "sha256.header"
_MARK: Final = b'"sha256.header":"'
_NO_DIGITS: Final = "0" * 64
_TAGS: Final = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def packed(tensors: Mapping[str, Tensor], kind: str, text: str) -> bytes:
    """A file's bytes: tensors, and a JSON ``text`` under the metadata name ``kind``; equal input gives equal bytes."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    order = sorted(plain, key=lambda name: (-plain[name].element_size(), name))  # keeps each type aligned
    data = b"".join(plain[name].reshape(-1).view(torch.uint8).numpy().tobytes() for name in order)
    words = {kind: text, _DATA: sha256(data).hexdigest(), _HEADER: _NO_DIGITS}
    fields: dict[str, Any] = {"__metadata__": words}
    start = 0
    for name in order:
        tensor = plain[name]
        end = start + tensor.numel() * tensor.element_size()
        fields[name] = {
            "dtype": _TAGS[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
        start = end
    return _signed(json.dumps(fields, separators=(",", ":")).encode()) + data


def read_text(path: Path, kind: str) -> str:
    """The JSON text of a file that ``packed`` made.

    Raises:
        ModelError: If the file is missing, too large, damaged, or of another kind.
    """
    return _head(path, kind).text


def read_tensors(path: Path, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file, which must have exactly the expected names, shapes and types, all finite.

    Args:
        path: The file.
        expected: Tensors like those that must be there; they may lie on the ``meta`` device.

    Raises:
        ModelError: If anything is missing, left over, of another shape or type, not a finite number, or not what its
            checksum says.
    """
    head = _head(path, None)
    try:
        with safe_open(path, framework="pt") as file:
            _require_names(path, set(file.keys()), set(expected))
            for name, like in expected.items():
                found = file.get_slice(name)
                if list(found.get_shape()) != list(like.shape):
                    raise _damaged(path, f"{name} has shape {found.get_shape()}, expected {list(like.shape)}")
            # copied, since products round otherwise where numbers lie at addresses that are not multiples of 64
            tensors: dict[str, Tensor] = {name: file.get_tensor(name).clone() for name in expected}
        _require_data(path, head)
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


@dataclass(frozen=True)
class _Head:
    """What stands before a file's tensors.

    Args:
        text: The JSON text.
        start: Bytes before the tensors.
        data: SHA-256 of the tensors' bytes; None in format 1.
    """

    text: str
    start: int
    data: str | None


def _signed(header: bytes) -> bytes:
    """A header behind its length, padded to 8 bytes, with its own checksum in the place kept for it."""
    header += b" " * (-len(header) % 8)
    whole = len(header).to_bytes(8, "little") + header
    at = whole.index(_MARK) + len(_MARK)
    return whole[:at] + sha256(whole).hexdigest().encode() + whole[at + 64 :]


def _head(path: Path, kind: str | None) -> _Head:
    """The head of a file of a kind, or of any kind.

    Raises:
        ModelError: As ``read_text``.
    """
    try:
        with open_file(path, _LARGEST_FILE) as file:
            whole = _beginning(file)
    except OSError as error:
        raise ModelError(
            "file cannot be read", value=error.strerror, place=path, remedy="Check the path."
        ) from None
    words = _words(whole)
    known = [name for name in words if name in TENSORS]
    if len(known) != 1 or kind not in (None, known[0]):
        raise wrong_kind(path, TENSORS[kind]) if kind else _damaged(path, "not a file of one kind")
    limit = _LARGEST_LIST if known[0] in _LISTS else _LARGEST_HEADER
    if len(whole) > limit or len(words[known[0]]) > _LARGEST_TEXT:
        raise _damaged(path, f"its header is larger than {limit:,} bytes")
    if set(words) == {known[0]}:
        return _Head(words[known[0]], len(whole), None)
    if set(words) != {known[0], _DATA, _HEADER} or not _fits(whole, words[_HEADER]):
        raise _damaged(path, "its header is not what its checksum says")
    return _Head(words[known[0]], len(whole), words[_DATA])


def _beginning(file: BinaryIO) -> bytes:
    """The header and its length; nothing of a file that is none of ours."""
    length = file.read(8)
    if int.from_bytes(length, "little") > _LARGEST_LIST:
        return b""
    return length + file.read(int.from_bytes(length, "little"))


def _words(whole: bytes) -> dict[str, str]:
    """The metadata; nothing if there are none."""
    try:
        words = json.loads(whole[8:])["__metadata__"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    usual = isinstance(words, dict) and all(isinstance(word, str) for word in words.values())
    return words if usual else {}


def _fits(whole: bytes, digits: str) -> bool:
    return (
        sha256(whole.replace(_MARK + digits.encode(), _MARK + _NO_DIGITS.encode(), 1)).hexdigest() == digits
    )


def _require_data(path: Path, head: _Head) -> None:
    if head.data is None:
        return
    with open_file(path, _LARGEST_FILE) as file:
        file.seek(head.start)
        seen = sha256()
        while part := file.read(_PART):
            seen.update(part)
    if seen.hexdigest() != head.data:
        raise _damaged(path, "its numbers are not what their checksum says")


def _require_names(path: Path, found: set[str], expected: set[str]) -> None:
    wrong = sorted(found ^ expected)
    if wrong:
        raise _damaged(path, f"{len(wrong)} tensors missing or left over, {wrong[0][:80]} among them")


def wrong_kind(path: Path, wanted: Kind) -> ModelError:
    """The error to raise for a file that is not what was wanted."""
    try:
        found = kind_behind(path)
    except OSError:
        found = Kind.OTHER
    if found in (Kind.OTHER, Kind.EMPTY, wanted):
        return ModelError(f"file is damaged or foreign, and not {wanted}", place=path, remedy=named(wanted))
    return ModelError(f"{path} is {found}, not {wanted}", remedy=named(wanted))


def _damaged(path: Path, what: str) -> ModelError:
    return ModelError("file is damaged or foreign", value=what, place=path, remedy="Make or fetch it again.")
