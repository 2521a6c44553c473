"""Which photo is behind which image of a released data set: what its owner alone can tell, by the key."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from masquerade.data.image_set import ImageSet
from masquerade.data.intake import read
from masquerade.disguises import from_description
from masquerade.disguises.base import Disguise, derivation_check
from masquerade.disguises.plain import digest_of
from masquerade.errors import DerivationMismatch, PhotoRejected, SourceChanged, UsageError
from masquerade.faces.reading import PhotoReader, way_of
from masquerade.keys import Key
from masquerade.owner.job import secret_order
from masquerade.owner.kept_networks import finders
from masquerade.owner.photo_list import PhotoList, list_photos
from masquerade.owner.records import DatasetRecord, Records
from masquerade.released.dataset import ReleasedDataset
from masquerade.released.ledger import peek
from masquerade.released.manifest import Manifest
from masquerade.released.verify import require_sound

_SAMPLE: Final = 16
"""Images that are disguised again, to see that they give what was released."""
_NEAR: Final = 0.01
"""Difference that rounding may make, as a share of the largest value."""
_BRING_BACK: Final = "Bring back the photos that were disguised, as they were."


@final
@dataclass(frozen=True, eq=False)
class ReleasedRows:
    """A released data set beside its photos, row by row.

    Args:
        manifest: What the data set says of itself.
        disguise: The protection of photos.
        photos: The photos as they were disguised, uint8; labels are those of the data set, with people's names.
        released: What was released of each, float32 ``(n, *stored_shape)``.
    """

    manifest: Manifest
    disguise: Disguise
    photos: ImageSet
    released: Tensor


def match_rows(
    folder: Path, photos: Path, key: Key, records: Records, people: Path | None = None
) -> ReleasedRows:
    """Check a released data set, and find the photo behind each of its images.

    Args:
        folder: The released folder.
        photos: The photos that were disguised.
        key: The key that they were disguised with.
        records: The owner's records, beside the key file.
        people: The table of who is on each photo, if there was one.

    Raises:
        DamagedRelease: If a file of the data set is not as it was written.
        WrongKey: If it was disguised with another key.
        DerivationMismatch: If this platform derives other numbers from the key.
        SourceChanged: If the photos are not those that were disguised.
        UsageError: If the owner has no record of it, or its images depend on each other.
    """
    manifest = require_sound(folder)
    key.require(manifest.key_fingerprint, folder)
    record = records.load(manifest.dataset_id)
    disguise = _disguise(manifest, record, records, folder)
    keyed = disguise.with_key(key, manifest.image_shape)
    if derivation_check(key, keyed) != manifest.derivation_check:
        raise DerivationMismatch(
            "the key gives other numbers here than where the photos were disguised",
            place=folder,
            remedy="Use the same version of masquerade, or disguise the photos again.",
        )
    listed = _listed(photos, people, record, records)
    labels, order = secret_order(key, manifest.dataset_id, len(listed.people), len(listed))
    if tuple(listed.people[person] for person in np.argsort(labels)) != record.people:
        raise _changed("other people are in it", photos)
    images, found = _read(listed, order, labels, record)
    released, known = ReleasedDataset(folder).load_all()
    if not torch.equal(found, known):
        raise _changed(f"{len(found)} photos can be taken in, {len(known)} were released", photos)
    seen, stored = keyed(images[:_SAMPLE]), released[:_SAMPLE]
    if float((seen - stored).abs().max()) > _NEAR * max(1.0, float(stored.abs().max())):
        raise _changed("disguised again, they give something else than was released", photos)
    return ReleasedRows(manifest, disguise, ImageSet(images, found, record.people), released)


def _disguise(manifest: Manifest, record: DatasetRecord, records: Records, folder: Path) -> Disguise:
    if digest_of(dict(manifest.disguise)) != digest_of(record.disguise):
        raise SourceChanged(
            "the manifest tells of another protection than the owner's record",
            place=folder,
            remedy="Take the folder as `disguise` wrote it.",
        )
    disguise = from_description(record.disguise, find=finders(records))
    if not disguise.per_image:
        raise UsageError(
            "images that depend on each other cannot be audited as released",
            value=manifest.recipe,
            place=folder,
            remedy="Audit the protection itself: mq.audit, or a study.",
        )
    return disguise


def _listed(root: Path, table: Path | None, record: DatasetRecord, records: Records) -> PhotoList:
    """The photos of the people in the record: of those with as many photos as the poorest of them has."""
    everybody = list_photos(root, 1, table)
    counts = Counter(everybody.people[person] for person in everybody.persons)
    if missing := sorted(set(record.people) - set(counts)):
        raise _changed(f"{len(missing)} people are not in it", root)
    found = list_photos(root, min(counts[person] for person in record.people), table)
    started = peek(records.ledger(record.dataset_id))
    if started is not None and started.source != found.digest():
        raise _changed("names or sizes of photos differ", root)
    return found


def _read(
    listed: PhotoList, order: NDArray[np.int64], labels: NDArray[np.int64], record: DatasetRecord
) -> tuple[Tensor, Tensor]:
    """Pixels and labels of all photos that can be taken in, in the order of the data set."""
    reader = PhotoReader(record.height, record.width, record.mode, way_of(record.faces))

    def taken() -> Iterator[tuple[Tensor, int]]:
        for row in map(int, order):
            try:
                pixels = reader.of_bytes(read(listed.path(row))[0], listed.relative(row)).pixels
            except PhotoRejected:
                continue
            yield torch.from_numpy(pixels), int(labels[listed.persons[row]])

    found = list(taken())
    if not found:
        raise _changed("none can be taken in", listed.root)
    return torch.stack([pixels for pixels, _ in found]), torch.tensor([label for _, label in found])


def _changed(what: str, place: Path) -> SourceChanged:
    return SourceChanged(
        "the photos are not those that were released", value=what, place=place, remedy=_BRING_BACK
    )
