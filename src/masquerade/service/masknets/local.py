"""Issue a user's MaskNet: drawn by the user's key, and drawn again while it is too near to somebody else's.

HyperObf says that it cannot protect an individual, since two users may be given MaskNets that are alike; who has
one of them could then undo the other's cloaks. Here such a pair is not issued.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import torch

from masquerade.errors import UsageError
from masquerade.files.kinds import Kind, kind_of
from masquerade.files.outputs import require_new
from masquerade.keys import Key
from masquerade.masknets import NUMBERS, MaskNetFile, MaskNetSource, read_masknet, write_masknet
from masquerade.service.masknets.masknet_distance import distances, sketch
from masquerade.service.masknets.register import NAME, Entry, Register, locked

DRAWS: Final = 64
"""Draws that are tried."""
MIN_DISTANCE: Final = 0.35
"""Least share of pixels that two users' MaskNets push in opposite directions; unrelated ones reach 0.5.

Of 1,000 MaskNets of the shipped hypernetwork, pairs lie 0.32 to 0.48 apart, by the median 0.43. After 900 were
issued, 0.35 made 2 draws of 100 be repeated, 0.36 six, 0.38 forty-eight.
"""


@final
@dataclass(frozen=True)
class LocalIssue:
    """What was issued, and what it cost.

    Args:
        path: The MaskNet's file.
        fingerprint: Of the key it was drawn by.
        draw: Which draw of the key it is, from 1.
        nearest: Distance to the nearest MaskNet of another key; None if there is none.
        others: MaskNets that it was compared with.
        seconds: How long drawing and comparing took.
    """

    path: Path
    fingerprint: str
    draw: int
    nearest: float | None
    others: int
    seconds: float


def issue(
    source: MaskNetSource,
    key: Key,
    out: Path,
    register: Path,
    *,
    min_distance: float = MIN_DISTANCE,
    overwrite: bool = False,
) -> LocalIssue:
    """Issue the MaskNet of a key.

    A key that was issued one of this source gets the same one again. The register is written once the disk has taken
    the MaskNet's bytes, and before they have their name: a MaskNet that is out in the world without an entry could be
    issued twice, and one that could not be written is no loss.

    Args:
        source: Where MaskNets come from.
        key: The user's key.
        out: The file to write, mode 0600.
        register: The register of what was issued, or the folder it lies in; created when missing.
        min_distance: Distance to keep from every MaskNet of another key, 0 to 0.5.
        overwrite: Replace ``out`` if it is a MaskNet of the same key, which can be drawn again.

    Raises:
        UsageError: If no draw keeps the distance, ``out`` exists or cannot be written, or the distance is out of range.
        ModelError: If the register is damaged.
        JobBusy: If another process issues from the same register.
        WriteFailed: If the disk refuses.
    """
    if not 0 <= min_distance <= 0.5:
        raise UsageError(
            "no such distance",
            value=min_distance,
            place="--min-distance",
            remedy="Give 0 (no distance) to 0.5 (that of unrelated MaskNets).",
        )
    _require_free(out, key, overwrite)
    path = register / NAME if register.is_dir() else register
    with locked(path):
        issued = Register.read(path)
        start = time.perf_counter()
        entry, drawing, nearest = _drawn(source, key, issued, min_distance)
        seconds = time.perf_counter() - start
        file = MaskNetFile.drawn(source, _numbers(key, entry.draw), key.fingerprint, nearest, entry.draw)
        write_masknet(out, file, overwrite=overwrite, before=lambda: _register(path, issued, entry, drawing))
    others = len(issued.others(key.fingerprint))
    return LocalIssue(out, key.fingerprint, entry.draw, nearest, others, seconds)


def purpose(draw: int) -> str:
    """What a key's numbers of the n-th draw are for; the first draw is the one that all cloaks of a key use."""
    return "masknet" if draw == 1 else f"masknet/{draw - 1}"


def _numbers(key: Key, draw: int) -> torch.Tensor:
    return torch.from_numpy(key.stream(purpose(draw)).normal(NUMBERS)).float()


def _drawn(
    source: MaskNetSource, key: Key, issued: Register, min_distance: float
) -> tuple[Entry, bytes | None, float | None]:
    """The entry, its sketch unless it is in the register already, and the distance to the nearest other."""
    others, short = issued.others(key.fingerprint), source.digest[:16]
    before = issued.find(key.fingerprint, short)
    for draw in range(1, DRAWS + 1) if before is None else (before.draw,):
        found = sketch(source.draw(_numbers(key, draw)))
        nearest = float(distances(found, others).min()) if len(others) else None
        if before is not None:
            return before, None, nearest
        if nearest is None or nearest >= min_distance:
            return Entry(key=key.fingerprint, source=short, draw=draw), found, nearest
    raise UsageError(
        f"none of {DRAWS} draws is far enough from what was issued",
        value=f"nearest of the last {nearest:.3f}, wanted {min_distance:g}",
        place=f"source {source.name}",
        remedy="Ask for a smaller --min-distance, or take a source whose MaskNets differ more.",
    )


def _register(path: Path, issued: Register, entry: Entry, drawing: bytes | None) -> None:
    if drawing is not None:
        issued.with_entry(entry, drawing).write(path)


def _require_free(out: Path, key: Key, overwrite: bool) -> None:
    """Before anything is drawn; ``write_masknet`` makes sure."""
    require_new(out, Kind.MASKNET, overwrite=overwrite)
    if kind_of(out) is Kind.MASKNET and read_masknet(out).card.key_fingerprint != key.fingerprint:
        raise UsageError(
            "a MaskNet of another key stands there, which is never replaced",
            place=out,
            remedy="Choose another name.",
        )
