"""How a gallery goes from one state to the next: at every moment it is the one or the other, whoever pulls the plug.

New files first, under names that nobody uses; then the record, which decides; then the manifest; then files that are
listed no more go. Whatever comes after the record is put right by ``settle`` when the gallery is opened again.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from masquerade.errors import DamagedCiphertext
from masquerade.files.durable import clear_drafts, remove, sync_folder, write_durably
from masquerade.files.lock import only_process
from masquerade.files.opening import read_file
from masquerade.keys import Key
from masquerade.owner.records import Records
from masquerade.owner.sealed.owned import OwnedGallery, Pointer, record_path
from masquerade.owner.sealed.record import to_bytes
from masquerade.sealed.folder import RECOGNISER, is_ours, listed
from masquerade.sealed.manifest import LARGEST_MANIFEST, MANIFEST


@contextmanager
def changing(folder: Path, key: Key, records: Records) -> Iterator[OwnedGallery]:
    """A gallery that this process alone changes, its public part as its record says.

    Raises:
        JobBusy: If another process is changing it.
        MasqueradeError: As ``OwnedGallery.open``.
    """
    path = record_path(records, Pointer.read(folder).gallery)
    OwnedGallery.open(folder, key, records)  # a wrong key leaves no lock file behind
    with only_process(path, "another process is changing this gallery"):
        gallery = OwnedGallery.open(folder, key, records)
        settle(gallery)
        yield gallery


def put(gallery: OwnedGallery, name: str, data: bytes) -> None:
    """Write a file of a state that is still to be published; if it never is, ``settle`` removes the file.

    Raises:
        WriteFailed: If the disk refuses.
    """
    write_durably(gallery.public / name, [data])


def publish(gallery: OwnedGallery, files: Mapping[str, bytes]) -> None:
    """Bring a gallery into a state.

    Args:
        gallery: With the new record.
        files: Contents of the new files of its public part, but for those that were put there.

    Raises:
        WriteFailed: If the disk refuses; the gallery is then in the one state or the other.
    """
    for name, data in files.items():
        put(gallery, name, data)
    write_durably(gallery.path, [to_bytes(gallery.record, gallery.secret, gallery.key)], 0o600)
    settle(gallery)


def settle(gallery: OwnedGallery) -> None:
    """Make the public part what the record says: its manifest, and no file of an earlier or unfinished state.

    Raises:
        DamagedCiphertext: If a listed file is missing.
        WriteFailed: If the disk refuses.
    """
    folder, manifest = gallery.public, gallery.record.public
    clear_drafts(folder)
    clear_drafts(gallery.records.folder)
    for name in sorted(listed(manifest) - {MANIFEST, RECOGNISER}):
        if not (folder / name).is_file():
            raise DamagedCiphertext(
                "a file of the public part is missing",
                place=folder / name,
                remedy="Bring it back from the cloud's copy: it is nowhere else.",
            )
    data = manifest.to_bytes()
    if _there(folder / MANIFEST) != data:
        write_durably(folder / MANIFEST, [data])
    left = [path for path in folder.iterdir() if is_ours(path) and path.name not in listed(manifest)]
    for path in left:
        remove(path)
    if left:
        sync_folder(folder)


def _there(path: Path) -> bytes | None:
    try:
        return read_file(path, LARGEST_MANIFEST)
    except OSError:
        return None
