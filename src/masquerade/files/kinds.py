"""What a file is, told by its content: never by its name, and without trusting it."""

import json
import os
import stat
import zipfile
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from masquerade.files.opening import open_file

LARGEST_HEADER: Final = 1 << 20
"""Bytes of the text that a tensor file begins with."""
_BEGINNING: Final = 64 << 10


class Kind(StrEnum):
    """What can stand under a name."""

    NOTHING = "nothing"
    EMPTY = "an empty file"
    FOLDER = "a folder"
    LINK = "a link"
    SPECIAL = "no file but a device or pipe"
    CLOSED = "a file that cannot be read"
    OTHER = "a file that masquerade did not write"
    KEY = "a key"
    BACKUP = "a backup of a key"
    RECORDS = "an owner's record"
    ACCOUNT = "an account with a provider"
    MASKNET = "a MaskNet"
    REGISTER = "a register of issued MaskNets"
    DATABASE = "a database"
    MODEL = "a trained model"
    HOME = "a recogniser fitted at home"
    CHECKPOINT = "a checkpoint of a training"
    FEATURES = "a file of features"
    GALLERY = "a gallery"
    VECTORS = "a file of vectors"
    ENCODER = "an encoder"
    RECOGNISER = "a face recogniser"
    NOISE = "a client's generator"
    FACES = "a face generator"
    SPLIT = "a split network"
    AMORTISER = "an amortiser"
    CRAFTER = "an amortised crafter"
    ANSWERS = "statistics of an encoder's answers"
    EDGE = "the edge's part of task-only"
    BANK = "a bank of public features"
    SOURCE = "a source of MaskNets"
    CLOAK = "a cloak generator"
    PROJECTION = "a projection"
    MANIFEST = "the manifest of a released data set"
    SHARD = "a shard of a released data set"
    PROBE = "a sealed probe"
    ANSWER = "an answer of a sealed gallery"
    BLOCK = "a block of a sealed gallery"
    SEALED = "the manifest of a sealed gallery"
    REPORT = "a report"
    SUMMARY = "the summary of a report"
    LEADERBOARD = "a leaderboard"
    LABELS = "the labels of a model"
    PICTURE = "a picture"


KEPT: Final = {
    Kind.KEY,
    Kind.BACKUP,
    Kind.RECORDS,
    Kind.ACCOUNT,
    Kind.MASKNET,
    Kind.REGISTER,
    Kind.DATABASE,
    Kind.CLOSED,
    Kind.SPECIAL,
    Kind.FOLDER,
}
"""What no output ever replaces."""
MAKERS: Final = {
    Kind.KEY: "masquerade key new",
    Kind.BACKUP: "masquerade key backup",
    Kind.ACCOUNT: "masquerade masknet join",
    Kind.MASKNET: "masquerade masknet new",
    Kind.REGISTER: "masquerade masknet new",
    Kind.MODEL: "masquerade train",
    Kind.HOME: "masquerade recogniser fit",
    Kind.FEATURES: "masquerade obfuscate",
    Kind.GALLERY: "masquerade enrol",
    Kind.VECTORS: "masquerade embed",
    Kind.ENCODER: "masquerade pretrain",
    Kind.NOISE: "masquerade distil",
    Kind.FACES: "masquerade generator train",
    Kind.SPLIT: "masquerade encoder train",
    Kind.ANSWERS: "masquerade encoder answers",
    Kind.EDGE: "masquerade encoder edge",
    Kind.BANK: "masquerade encoder bank",
    Kind.SOURCE: "masquerade psp train",
    Kind.MANIFEST: "masquerade disguise",
    Kind.SHARD: "masquerade disguise",
    Kind.PROBE: "masquerade sealed probe",
    Kind.ANSWER: "masquerade sealed match",
    Kind.BLOCK: "masquerade sealed enrol",
    Kind.SEALED: "masquerade sealed new",
    Kind.REPORT: "masquerade study run",
    Kind.SUMMARY: "masquerade study run",
    Kind.LEADERBOARD: "masquerade leaderboard",
}
"""The commands that write each."""
TENSORS: Final = {
    "masquerade": Kind.SHARD,
    "masquerade.model": Kind.MODEL,
    "masquerade.home-recogniser": Kind.HOME,
    "masquerade.checkpoint": Kind.CHECKPOINT,
    "masquerade.features": Kind.FEATURES,
    "masquerade.issued": Kind.REGISTER,
    "masquerade.gallery": Kind.GALLERY,
    "masquerade.face_generator": Kind.FACES,
    "masquerade.amortiser": Kind.AMORTISER,
    "masquerade.feature_crafter": Kind.CRAFTER,
    "masquerade.split_network": Kind.SPLIT,
    "masquerade.answers": Kind.ANSWERS,
    "masquerade.edge": Kind.EDGE,
    "masquerade.feature_bank": Kind.BANK,
    "masquerade.encoder": Kind.ENCODER,
    "masquerade.generator": Kind.NOISE,
    "masquerade.recogniser": Kind.RECOGNISER,
    "masquerade.cloak-generator": Kind.CLOAK,
    "masquerade.masknets": Kind.SOURCE,
    "masquerade.masknet": Kind.MASKNET,
    "masquerade.projection": Kind.PROJECTION,
    "masquerade.sealed-probe": Kind.PROBE,
    "masquerade.sealed-answer": Kind.ANSWER,
    "masquerade.sealed-block": Kind.BLOCK,
}
"""By the name under which a tensor file holds its card."""
_BEGINNINGS: Final = (
    (b"masquerade-key/v", Kind.KEY),
    (b"masquerade-backup/v", Kind.BACKUP),
    (b"SQLite format 3\x00", Kind.DATABASE),
    (b"masquerade-database/v", Kind.DATABASE),
    (b"masquerade-database/v", Kind.DATABASE),
    (b"--\n-- PostgreSQL database dump", Kind.DATABASE),
    (b"<!doctype html>\n<!-- masquerade leaderboard -->", Kind.LEADERBOARD),
    (b"\xff\xd8\xff", Kind.PICTURE),
    (b"\x89PNG\r\n", Kind.PICTURE),
    (b"BM", Kind.PICTURE),
)
_FIELDS: Final = (
    (('"format": "masquerade released data set"',), Kind.MANIFEST),
    (('"format": "masquerade-report"',), Kind.REPORT),
    (('"format": "masquerade-summary"',), Kind.SUMMARY),
    (('"format": "masquerade sealed gallery"',), Kind.SEALED),
    (('"format": "masquerade labels of a model"',), Kind.LABELS),
    (('"dataset_id":', '"people":'), Kind.RECORDS),
    (('"url":', '"token":'), Kind.ACCOUNT),
)
"""What tells our JSON files."""


def kind_of(path: Path) -> Kind:
    """What stands under a name; a link is one, whatever it leads to.

    Raises:
        OSError: If there can be no such name: too long, below a file, or in a loop of links.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return Kind.NOTHING
    if stat.S_ISLNK(mode):
        return Kind.LINK
    return _kind(path, mode)


def kind_behind(path: Path) -> Kind:
    """What a name leads to, links followed.

    Raises:
        OSError: As ``kind_of``.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Kind.NOTHING
    return _kind(path, mode)


def named(kind: Kind, maker: str = "") -> str:
    """The sentence that says how to get a file of a kind; empty if no command makes one."""
    command = maker or MAKERS.get(kind, "")
    return f"`{command}` makes one." if command else ""


def _kind(path: Path, mode: int) -> Kind:
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    if not stat.S_ISREG(mode):
        return Kind.SPECIAL
    if path.resolve().parent.suffix == ".records":
        return Kind.RECORDS
    try:
        with open_file(path) as file:
            return _content(file)
    except OSError:
        return Kind.CLOSED


def _content(file: BinaryIO) -> Kind:
    beginning = file.read(_BEGINNING)
    if not beginning:
        return Kind.EMPTY
    text = beginning.removeprefix(b"\xef\xbb\xbf")
    for start, kind in _BEGINNINGS:
        if text.startswith(start):
            return kind
    if beginning.startswith(b"RIFF") and beginning[8:12] == b"WEBP":
        return Kind.PICTURE
    if beginning.startswith(b"PK\x03\x04"):
        return _archive(file)
    if text.lstrip().startswith(b"{"):
        return _json(file)
    return _tensors(file)


def _archive(file: BinaryIO) -> Kind:
    try:
        names = set(zipfile.ZipFile(file).namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Kind.OTHER
    return Kind.VECTORS if names == {"photos.npy", "vectors.npy"} else Kind.OTHER


def _json(file: BinaryIO) -> Kind:
    """Of a file that begins like JSON: a beginning of fields is enough, since records name thousands of people."""
    file.seek(0)
    beginning = file.read(_BEGINNING).decode("utf-8-sig", "replace")
    return next((kind for words, kind in _FIELDS if all(word in beginning for word in words)), Kind.OTHER)


def _tensors(file: BinaryIO) -> Kind:
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= 8 * LARGEST_HEADER:
        return Kind.OTHER
    try:
        about = json.loads(file.read(length))["__metadata__"]
        return next((kind for name, kind in TENSORS.items() if name in about), Kind.OTHER)
    except (ValueError, KeyError, TypeError, RecursionError):
        return Kind.OTHER
