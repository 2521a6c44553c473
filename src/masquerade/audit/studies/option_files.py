"""Files of networks that an attack's options name: a piece is another if the file is."""

from collections.abc import Iterator
from functools import cache
from hashlib import file_digest
from pathlib import Path
from typing import Final

from masquerade.errors import UsageError
from masquerade.files.opening import open_file

_ENDING: Final = ".safetensors"


def named_files(options: object) -> dict[str, str]:
    """SHA-256 of each file, by its name in the options, however deep it stands there.

    Args:
        options: Plain data.

    Raises:
        UsageError: If a file is missing.
    """
    return {name: _digest(_file(name)) for name in sorted(names_of_files(options))}


def names_of_files(value: object) -> Iterator[str]:
    """Names of files of networks in plain data, however deep they stand there."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from names_of_files(each)
    elif isinstance(value, str | Path) and str(value).endswith(_ENDING):
        yield str(value)


def _file(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise UsageError(
            "an attack names a file that is not there", value=name, remedy="Make it, or name another."
        )
    return path.resolve()


@cache
def _digest(path: Path) -> str:
    with open_file(path) as file:
        return file_digest(file, "sha256").hexdigest()
