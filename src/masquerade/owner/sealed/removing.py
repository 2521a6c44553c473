"""Take one person out of a gallery: the block that they are in is sealed anew, the others stay as they are."""

from pathlib import Path

from masquerade.errors import UsageError, did_you_mean
from masquerade.keys import Key
from masquerade.owner.records import Records
from masquerade.owner.sealed.publishing import changing
from masquerade.owner.sealed.state import State


def remove_person(folder: Path, key: Key, records: Records, name: str) -> int:
    """Take a person out.

    Args:
        folder: The gallery.
        key: The owner's key.
        records: The owner's records.
        name: Who.

    Returns:
        People who are left.

    Raises:
        UsageError: If nobody of that name is in the gallery.
        SealedError: If the public part is damaged.
        JobBusy: If another process changes the gallery.
        WriteFailed: If the disk refuses.
    """
    with changing(folder, key, records) as gallery:
        known = gallery.record.people
        if name not in known:
            raise UsageError(
                "nobody of that name is in the gallery",
                value=name,
                place=folder,
                remedy=f"{did_you_mean(name, known)}Names are written as `masquerade sealed people` prints them.",
            )
        state = State(gallery)
        state.leave(name)
        return len(state.people)
