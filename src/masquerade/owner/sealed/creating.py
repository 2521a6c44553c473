"""A new sealed gallery, with nobody in it."""

import os
from pathlib import Path
from secrets import token_hex

from masquerade import __version__
from masquerade.encoders.recogniser import NAMED_RECOGNISERS, open_recogniser
from masquerade.errors import UsageError
from masquerade.faces.reading import FaceHandling
from masquerade.files.durable import is_draft, named_failures, remove, write_durably
from masquerade.files.opening import read_parts
from masquerade.keys import Key
from masquerade.owner.records import Records
from masquerade.owner.sealed.owned import POINTER, PUBLIC, OwnedGallery, Pointer
from masquerade.owner.sealed.publishing import publish
from masquerade.owner.sealed.record import SealedRecord
from masquerade.owner.sealed.secret_key import drawn
from masquerade.sealed.faces import FaceVectors
from masquerade.sealed.folder import RECOGNISER, is_ours
from masquerade.sealed.layout import padded
from masquerade.sealed.manifest import MANIFEST, SealedManifest
from masquerade.sealed.parameters import STANDARD


def create(
    folder: Path,
    key_file: Path,
    key: Key,
    *,
    recogniser: str = "sface",
    faces: FaceHandling = "auto",
    fpir: float = 0.01,
) -> OwnedGallery:
    """Make a gallery's two parts: ``folder/public``, and a record beside the key file.

    Args:
        folder: Created when missing.
        key_file: Where the owner's key is.
        key: The owner's key.
        recogniser: A public recogniser by name, or its file, of which cameras get a copy.
        faces: Whether faces are found and aligned, or pictures are taken as they are.
        fpir: Share of strangers' photos that may be named.

    Raises:
        UsageError: If something is in the folder, SEAL is not installed, or faces cannot be found here.
        WriteFailed: If the disk refuses.
    """
    if recogniser.partition(",")[0].endswith(".onnx"):
        raise UsageError(
            "a sealed gallery takes recognisers that have a name, or masquerade's own files",
            value=recogniser,
            remedy="`masquerade recogniser list` names them.",
        )
    found = open_recogniser(recogniser)
    padded(found.size)
    described = FaceVectors(found, faces).reader.described
    secret, entries, files = drawn()
    records, public = Records.beside(key_file), folder / PUBLIC
    _make_room(folder)
    records.prepare()
    with named_failures(public):
        public.mkdir(parents=True, exist_ok=True)
    if recogniser not in NAMED_RECOGNISERS:
        write_durably(public / RECOGNISER, read_parts(Path(recogniser)))
    manifest = SealedManifest(
        gallery=token_hex(16),
        parameters=STANDARD,
        recogniser=found.name if recogniser in NAMED_RECOGNISERS else RECOGNISER,
        recogniser_digest=found.digest,
        size=found.size,
        faces=described,
        keys=entries,
        blocks=(),
        masquerade=__version__,
    )
    text = manifest.to_bytes().decode("ascii")
    record = SealedRecord(gallery=manifest.gallery, manifest=text, fpir=fpir)
    gallery = OwnedGallery(folder, key, records, record, secret)
    publish(gallery, files)
    pointer = Pointer(manifest.gallery, Path(os.path.abspath(key_file)))  # noqa: PTH100 - a link stays a link
    write_durably(folder / POINTER, [pointer.to_bytes()])
    return gallery


def _make_room(folder: Path) -> None:
    """Pass if the folder is new, empty, or holds what was left when it was made and never finished.

    Raises:
        UsageError: If anything else is there.
    """
    public = folder / PUBLIC
    there = [*folder.iterdir()] if folder.is_dir() else []
    inside = [*public.iterdir()] if public.is_dir() else []
    ours = [path for path in inside if is_ours(path) or is_draft(path) or path.name in (MANIFEST, RECOGNISER)]
    drafts = [path for path in there if is_draft(path)]
    if set(there) - {public, *drafts} or set(inside) - set(ours) or (folder.exists() and not folder.is_dir()):
        raise UsageError(
            "something is there already", place=folder, remedy="Choose an empty folder, or a new one."
        )
    for path in (*ours, *drafts):
        remove(path)
