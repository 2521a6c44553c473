"""What the owner keeps about released data sets: who is behind which label, and how a job went on.

The folder lies beside the key file. It names people and photos; like the key, it never leaves the owner.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, final

from masquerade.data.intake import Mode
from masquerade.errors import UsageError
from masquerade.files.durable import clear_drafts, named_failures, write_durably
from masquerade.files.opening import read_file
from masquerade.released.shard import StoredType

KeptKind = Literal["encoder", "split", "generator", "answers", "bank"]
"""Parameters whose public networks, given as files, are kept."""
_LARGEST: Final = 1 << 30
"""Bytes of a record: the names of ten million people take less."""
RECORD_VERSION: Final = 2
_READ: Final = (1, 2)
"""Version 1 did not say which key."""
_DATASET: Final = re.compile(r"[0-9a-f]{32}")


@final
@dataclass(frozen=True)
class DatasetRecord:
    """One released data set, as its owner knows it.

    Args:
        dataset_id: Its id, 32 hexadecimal digits.
        recipe: Name of the recipe.
        height: Rows that photos are resized to before they are disguised.
        width: Columns.
        mode: "RGB" or "L".
        dtype: Type of the stored values.
        disguise: Public description of the disguise.
        people: The person behind each label.
        images: Images of each label in the data set.
        key_fingerprint: Of the key it was released under; empty in records of earlier programs.
        faces: How faces came out of photos: "as-is", or "auto" with the detector's digest.
    """

    dataset_id: str
    recipe: str
    height: int
    width: int
    mode: Mode
    dtype: StoredType
    disguise: dict[str, Any]
    people: tuple[str, ...]
    images: tuple[int, ...]
    key_fingerprint: str = ""
    faces: str = "as-is"

    def to_bytes(self) -> bytes:
        """JSON in ASCII; names that are no valid Unicode survive."""
        return (json.dumps({"version": RECORD_VERSION, **asdict(self)}, indent=1) + "\n").encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes, place: object) -> "DatasetRecord":
        """Read what ``to_bytes`` wrote.

        Raises:
            UsageError: If it is damaged or of a newer version.
        """
        try:
            fields = json.loads(data)
            version = fields.pop("version")
            people, images = tuple(fields.pop("people")), tuple(fields.pop("images"))
            if version in _READ and len(people) == len(images):
                return cls(people=people, images=images, **fields)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            version = None
        raise UsageError(
            "the owner's record of a data set is damaged or of a newer version",
            value=version,
            place=place,
            remedy="Restore it from a copy, or disguise the photos again.",
        )


@final
@dataclass(frozen=True)
class Records:
    """The folder of an owner's records, mode 0700, its files 0600.

    Args:
        folder: The folder; created when first needed.
    """

    folder: Path

    @classmethod
    def beside(cls, key_path: Path) -> "Records":
        """The records that belong to a key file: ``owner.records/`` beside ``owner.key``."""
        return cls(key_path.with_name(f"{key_path.stem}.records"))

    def prepare(self) -> None:
        """Create the folder, and close it to others.

        Raises:
            WriteFailed: If the system refuses.
        """
        with named_failures(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        clear_drafts(self.folder)

    def ledger(self, dataset_id: str) -> Path:
        """Where the job of a data set keeps its account of finished shards."""
        return self._file(dataset_id, "ledger.sqlite")

    def rejected(self, dataset_id: str) -> Path:
        """Where the photos are listed that were turned away: JSON, one line each."""
        return self._file(dataset_id, "rejected.jsonl")

    @property
    def crafted(self) -> Path:
        """Where crafted features are kept, of all data sets together."""
        return self.folder / "crafted.sqlite"

    def network_file(self, kind: KeptKind, digest: str) -> Path:
        """Where a copy is kept of a public network that was given as a file."""
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise UsageError("not the digest of a network", value=repr(digest)[:80])
        return self.folder / f"{digest}.{kind}.safetensors"

    def save(self, record: DatasetRecord) -> None:
        """Keep a record.

        Raises:
            WriteFailed: If the disk refuses.
        """
        write_durably(self._file(record.dataset_id, "json"), [record.to_bytes()], 0o600)

    def save_rejected(self, dataset_id: str, lines: Iterable[dict[str, str]]) -> None:
        """Keep the list of photos that were turned away.

        Raises:
            WriteFailed: If the disk refuses.
        """
        parts = ((json.dumps(line) + "\n").encode("ascii") for line in lines)
        write_durably(self.rejected(dataset_id), parts, 0o600)

    def load(self, dataset_id: str) -> DatasetRecord:
        """The record of a data set.

        Raises:
            UsageError: If there is none, or it is damaged.
        """
        path = self._file(dataset_id, "json")
        try:
            data = read_file(path, _LARGEST)
        except OSError as error:
            raise UsageError(
                "no record of who is in this data set",
                value=error.strerror,
                place=path,
                remedy="It is among the records beside the key file, in the folder .records. Bring that back, or "
                "restore a backup with `masquerade key restore`; without it the names behind the labels are lost, and "
                "the photos must be disguised and trained on again.",
            ) from None
        return DatasetRecord.from_bytes(data, path)

    def released(self) -> list[str]:
        """Ids of the data sets that there are records of, sorted."""
        if not self.folder.is_dir():
            return []
        found = (path.stem for path in self.folder.iterdir() if path.suffix == ".json")
        return sorted(name for name in found if _DATASET.fullmatch(name))

    def _file(self, dataset_id: str, ending: str) -> Path:
        if not _DATASET.fullmatch(dataset_id):
            raise UsageError("not the id of a data set", value=repr(dataset_id))
        return self.folder / f"{dataset_id}.{ending}"
