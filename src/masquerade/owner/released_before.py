"""What a key has released before, and what that means for the next release."""

import json
from collections.abc import Iterator
from typing import Any, Final

from masquerade.disguises.plain import digest_of
from masquerade.errors import UsageError
from masquerade.owner.records import DatasetRecord, Records

MOST_IMAGES: Final = 1000
"""Images under one key and recipe beyond which the owner is warned.

A secret order of blocks withstood our attack on the released images alone with 50 to 100 of them, and no longer with
400 to 1,000; see decision 0015.
"""
_COMMON: Final = ('"BlockMatrix"', '"BlockPermutation"', '"TokenMatrix"', '"TokenNetwork"', '"NeuraCrypt"')
"""Disguises whose secret numbers are the same for all images."""


def warnings(
    records: Records, key_fingerprint: str, dataset_id: str, disguise: dict[str, Any], images: int
) -> tuple[str, ...]:
    """What an owner should know before a data set leaves, a sentence or two each.

    Args:
        records: The owner's records, beside the key.
        key_fingerprint: The key's.
        dataset_id: Id of the data set that is released; if it was before, that does not count.
        disguise: Public description of its disguise.
        images: Its images.
    """
    before = [
        record
        for record in _readable(records)
        if record.dataset_id != dataset_id and record.key_fingerprint in ("", key_fingerprint)
    ]
    ours = digest_of(disguise)
    same = [record for record in before if digest_of(record.disguise) == ours]
    return (*_two_looks([record for record in before if record not in same]), *_many(same, disguise, images))


def _two_looks(others: list[DatasetRecord]) -> Iterator[str]:
    if others:
        names = ", ".join(sorted({record.recipe for record in others}))
        yield (
            f"this key has released {_images(others):,} images under other parameters before ({names}): whoever "
            "holds both releases looks twice at every photo that is in both. A key for each release avoids it."
        )


def _many(same: list[DatasetRecord], disguise: dict[str, Any], images: int) -> Iterator[str]:
    total, described = images + _images(same), json.dumps(disguise)
    if total > MOST_IMAGES and any(kind in described for kind in _COMMON):
        yield (
            f"{total:,} images under one key and one recipe: the more there are, the more surely their statistics "
            f"give the key's numbers away. Beyond {MOST_IMAGES:,} count on it."
        )


def _images(records: list[DatasetRecord]) -> int:
    return sum(sum(record.images) for record in records)


def _readable(records: Records) -> Iterator[DatasetRecord]:
    for dataset_id in records.released():
        try:
            yield records.load(dataset_id)
        except UsageError:  # a damaged one; whoever needs it is told
            continue
