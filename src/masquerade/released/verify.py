"""Check a released data set against its manifest, and say what is wrong with which file."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import final

from masquerade.errors import DamagedRelease, ReleasedError
from masquerade.files.durable import is_draft
from masquerade.files.opening import open_file
from masquerade.released.folder import is_shard
from masquerade.released.manifest import MANIFEST, Manifest, ShardEntry
from masquerade.released.shard import Layout, binding, file_digest
from masquerade.released.shard_file import ShardFile


class Problem(StrEnum):
    """What can be wrong with a file of a released data set."""

    MANIFEST = "manifest unusable"
    UNFINISHED = "unfinished"
    MISSING = "missing"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    SWAPPED = "swapped"
    DUPLICATED = "duplicated"
    FOREIGN = "foreign"
    EXTRA = "extra"


@final
@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Args:
        file: Name of the file in the folder.
        problem: What is wrong with it.
        detail: More about it, in a clause.
    """

    file: str
    problem: Problem
    detail: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}, {self.detail}"


def verify(folder: Path, *, read_data: bool = True) -> list[Finding]:
    """Compare every file in ``folder`` with the manifest.

    Args:
        folder: A released data set.
        read_data: Read every byte. Without it only sizes and headers are compared, which finds neither
            damaged values nor, for shards of one size, anything but their headers.

    Returns:
        Everything that is wrong, the manifest first, then shards in order, then files that do not belong;
        empty for a sound data set.
    """
    try:
        manifest = Manifest.load(folder)
    except ReleasedError as error:
        return [_without_manifest(folder, error)]
    inspection = _Inspection(folder, manifest, read_data)
    found = [inspection.listed(number) for number in range(len(manifest.shards))]
    names = {entry.name for entry in manifest.shards} | {MANIFEST}
    found += [inspection.unlisted(path) for path in sorted(folder.iterdir()) if path.name not in names]
    return [finding for finding in found if finding is not None]


def require_sound(folder: Path, *, read_data: bool = True) -> Manifest:
    """Give the manifest of a released data set in which ``verify`` finds nothing wrong.

    Raises:
        DamagedRelease: With the first finding and the number of all.
    """
    findings = verify(folder, read_data=read_data)
    if findings:
        raise DamagedRelease(
            f"{len(findings)} files of the released data set are not as they were written",
            value=findings[0],
            place=folder,
            remedy="Copy the named files from the owner again.",
        )
    return Manifest.load(folder)


def _without_manifest(folder: Path, error: ReleasedError) -> Finding:
    if folder.is_dir() and not (folder / MANIFEST).exists():
        shards = sum(is_shard(path) or is_draft(path) for path in folder.iterdir())
        if shards:
            return Finding(MANIFEST, Problem.UNFINISHED, f"not written yet; {shards} shards wait for it")
    return Finding(MANIFEST, Problem.MANIFEST, str(error))


@final
class _Inspection:
    def __init__(self, folder: Path, manifest: Manifest, read_data: bool) -> None:
        self._folder = folder
        self._manifest = manifest
        self._read_data = read_data
        self._owner_of = {entry.sha256: entry.name for entry in manifest.shards}
        self._digests: dict[str, str] = {}

    def listed(self, number: int) -> Finding | None:
        """What is wrong with shard ``number``, if anything is."""
        entry = self._manifest.shards[number]
        path = self._folder / entry.name
        if not path.exists():
            return Finding(entry.name, Problem.MISSING, "there is no such file")
        if not path.is_file():
            return Finding(entry.name, Problem.DAMAGED, "it is no file")
        try:
            return self._content(number, entry, path)
        except OSError as error:
            return Finding(entry.name, Problem.DAMAGED, f"it cannot be read: {error.strerror}")

    def _content(self, number: int, entry: ShardEntry, path: Path) -> Finding | None:
        if not self._read_data or self._digest(entry.name) == entry.sha256:
            try:
                shard = ShardFile(path, Layout.listed(self._manifest, number))
                if self._read_data:
                    shard.check(self._manifest.classes)
            except DamagedRelease as error:
                return self._misplaced(number, entry, path) or self._broken(entry, path, str(error.value))
            return None
        return self._misplaced(number, entry, path) or self._broken(entry, path, "its SHA-256 is another")

    def _misplaced(self, number: int, entry: ShardEntry, path: Path) -> Finding | None:
        owner = self._owner_of.get(self._digest(entry.name)) if self._read_data else None
        if owner is not None and owner != entry.name and self._digest(owner) == self._digest(entry.name):
            return Finding(entry.name, Problem.DUPLICATED, f"it is a copy of {owner}")
        with open_file(path) as file:
            claim = binding(file)
        if claim is not None and claim[0] != self._manifest.dataset_id:
            return Finding(entry.name, Problem.FOREIGN, f"it belongs to data set {claim[0]!r}")
        if claim is not None and claim[1] != number:
            return Finding(entry.name, Problem.SWAPPED, f"it is shard {claim[1]} of this data set")
        return None

    def _broken(self, entry: ShardEntry, path: Path, detail: str) -> Finding:
        size = path.stat().st_size
        if size < entry.bytes:
            return Finding(entry.name, Problem.TRUNCATED, f"{size} of {entry.bytes} bytes")
        return Finding(entry.name, Problem.DAMAGED, detail)

    def unlisted(self, path: Path) -> Finding:
        """What a file is that the manifest does not list."""
        if is_draft(path):
            return Finding(path.name, Problem.EXTRA, "left half-written by a job that was stopped")
        if not path.is_file():
            return Finding(path.name, Problem.EXTRA, "not a file")
        try:
            with open_file(path) as file:
                claim = binding(file)
            owner = self._owner_of.get(file_digest(path)) if self._read_data and claim else None
        except OSError as error:
            return Finding(path.name, Problem.EXTRA, f"it cannot be read: {error.strerror}")
        if owner is not None:
            return Finding(path.name, Problem.DUPLICATED, f"it is a copy of {owner}")
        if claim is not None and claim[0] != self._manifest.dataset_id:
            return Finding(path.name, Problem.FOREIGN, f"it belongs to data set {claim[0]!r}")
        return Finding(path.name, Problem.EXTRA, "the manifest does not list it")

    def _digest(self, name: str) -> str:
        if name not in self._digests:
            path = self._folder / name
            self._digests[name] = file_digest(path) if path.is_file() else ""
        return self._digests[name]
