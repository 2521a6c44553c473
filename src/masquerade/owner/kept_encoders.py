"""Which encoder a data set was made with: found again by its digest, from the owner's copy or by name."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from masquerade.encoders import Encoder, find_shipped, open_encoder
from masquerade.errors import ModelError, SourceChanged, UsageError
from masquerade.files.durable import write_durably
from masquerade.files.named import require_digest
from masquerade.files.opening import read_parts
from masquerade.owner.records import Records

Find = Callable[[str, str], Encoder]
"""Gives the encoder of a name and a digest."""


def finder(records: Records) -> Find:
    """Finds the encoders of an owner's data sets: kept copies first, then those that come with the package."""

    def find(name: str, digest: str) -> Encoder:
        kept = records.encoder_file(digest)
        if kept.exists():
            return require_digest(open_encoder(kept), digest, "encoder")
        try:
            return find_shipped(name, digest)
        except UsageError as error:
            raise ModelError(
                "the encoder that the photos were disguised with is not here",
                value=error.value,
                place=kept,
                remedy="Keep the key file together with its .records folder, which holds a copy of it.",
            ) from None

    return find


def keep_encoder(source: Path, disguise: Mapping[str, Any], records: Records) -> None:
    """Copy an encoder file into the owner's records, since it may be gone when people are recognised.

    Args:
        source: The file.
        disguise: Description of the disguise that it is a part of.
        records: The owner's records, prepared.

    Raises:
        SourceChanged: If the file is no longer the one that the disguise was made with.
        WriteFailed: If the disk refuses.
    """
    for digest in _digests(disguise):
        kept = records.encoder_file(digest)
        if kept.exists():
            continue
        if open_encoder(source).digest != digest:
            raise SourceChanged("the encoder file changed", place=source, remedy="Disguise the photos again.")
        write_durably(kept, read_parts(source), 0o600)


def _digests(description: object) -> Iterator[str]:
    """Digests of the encoders in a description of a disguise."""
    if isinstance(description, Mapping):
        encoder = description.get("encoder")
        if isinstance(encoder, Mapping) and isinstance(encoder.get("digest"), str):
            yield encoder["digest"]
        description = tuple(description.values())
    if isinstance(description, (list, tuple)):
        for value in description:
            yield from _digests(value)
