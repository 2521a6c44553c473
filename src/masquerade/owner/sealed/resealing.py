"""A gallery under a new key of SEAL's: whoever has copies of the old one, or its key, has nothing of the new one."""

from pathlib import Path

from masquerade.keys import Key
from masquerade.owner.records import Records
from masquerade.owner.sealed.publishing import changing, publish, put
from masquerade.owner.sealed.record import SealedRecord
from masquerade.owner.sealed.sealing import room, sealed
from masquerade.owner.sealed.secret_key import SecretKey, drawn
from masquerade.owner.sealed.state import State
from masquerade.sealed.layout import BlockLayout


def reseal(folder: Path, key: Key, records: Records) -> SealedRecord:
    """Open every block, and seal all people again, under a new key and in the layout that suits their number.

    Probes and answers from before are refused from then on, and cameras need the new public part.

    Args:
        folder: The gallery.
        key: The owner's key.
        records: The owner's records.

    Raises:
        SealedError: If the public part is damaged.
        JobBusy: If another process changes the gallery.
        WriteFailed: If the disk refuses; the gallery is then as before.
    """
    with changing(folder, key, records) as gallery:
        state = State(gallery)
        people, vectors = state.people, state.vectors
        secret, entries, files = drawn()
        manifest = gallery.record.public.model_copy(update={"keys": entries, "blocks": ()})
        layout = BlockLayout.fitting(state.size, len(people))
        order = key.stream(f"sealed-gallery/order/{manifest.public_key}").permutation(len(people))
        blocks = []
        for start in range(0, len(people), room(layout)):
            rows = order[start : start + room(layout)]
            block = sealed(
                key, SecretKey(secret), manifest, layout, [people[row] for row in rows], vectors[rows]
            )
            blocks.append((block.entry, block.record))
            put(gallery, block.entry.name, block.data)
        manifest = manifest.model_copy(update={"blocks": tuple(entry for entry, _ in blocks)})
        record = gallery.record.model_copy(
            update={
                "manifest": manifest.to_bytes().decode("ascii"),
                "blocks": tuple(record for _, record in blocks),
            }
        )
        publish(gallery.after(record, secret), files)
        return record
