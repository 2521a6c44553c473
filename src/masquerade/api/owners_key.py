"""The owner's key as it is given to a function: a handle to its file, the file's path, or the key itself."""

from os import PathLike

from masquerade.errors import UsageError
from masquerade.keys import Key, KeyFile
from masquerade.owner.records import Records

OwnersKey = KeyFile | Key | str | PathLike[str]


def loaded(key: OwnersKey) -> Key:
    """The key; a locked file's passphrase is read from ``MASQUERADE_PASSPHRASE``.

    Raises:
        UsageError: If it is none of these.
        KeyFileError: If the file cannot be used.
        WrongKey: If the file holds another key than when the handle was made.
    """
    return key if isinstance(key, Key) else key_file(key).load()


def key_and_records(key: OwnersKey) -> tuple[Key, Records]:
    """The key in a file, and the owner's records beside it.

    Raises:
        UsageError: If it has no file: then there is no place for the records.
        KeyFileError: If the file cannot be used.
        WrongKey: If the file holds another key than when the handle was made.
    """
    if isinstance(key, Key):
        raise UsageError(
            "a key without its file, beside which the records of who is who are kept",
            place="key",
            remedy='Save it, and give KeyFile("owner.key").',
        )
    file = key_file(key)
    return file.load(), Records.beside(file.path)


def key_file(key: KeyFile | str | PathLike[str]) -> KeyFile:
    """The handle to a key's file.

    Raises:
        UsageError: If it is neither a handle nor a path.
        KeyFileError: If there is no usable key file.
    """
    if isinstance(key, KeyFile):
        return key
    if isinstance(key, (str, PathLike)):
        return KeyFile(key)
    raise UsageError(
        "not a key", value=type(key).__name__, place="key", remedy='Give KeyFile("owner.key"), or its path.'
    )
