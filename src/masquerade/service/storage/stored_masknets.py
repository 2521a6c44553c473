"""MaskNets' files as they were drawn: sums rebuilt on another processor may end in other bits.

A file is sealed under a key that the MaskNet's secret gives. That secret is sealed under the operator's key and bound
to MaskNet and account; so a file opens for its account alone, and for nobody once the secret is gone.
"""

from hashlib import sha256
from hmac import compare_digest

from sqlalchemy import Connection, bindparam, delete, insert, select

from masquerade.errors import OutOfOrder
from masquerade.keys import Key
from masquerade.keys.opaque import Secret
from masquerade.service.storage.tables import MaskNetRow, StoredFile

FILE = select(StoredFile.sealed).where(StoredFile.masknet == bindparam("masknet"))
"""The sealed file of a MaskNet."""


def store(connection: Connection, masknet: str, raw: Secret, content: bytes) -> None:
    """Keep a MaskNet's file.

    Args:
        connection: A transaction.
        masknet: The MaskNet's name.
        raw: Its 256 secret bits.
        content: The file's bytes.
    """
    sealed = Key(raw).box("masknet-file").seal(Secret(content), masknet.encode())
    connection.execute(insert(StoredFile).values(masknet=masknet, sealed=sealed))


def opened(sealed: bytes, masknet: str, raw: Secret) -> bytes:
    """The bytes that ``store`` kept.

    Raises:
        CorruptKey: If they were damaged or moved.
    """
    return Key(raw).box("masknet-file").open(sealed, masknet.encode()).reveal()


def require_issued(content: bytes, digest: str, masknet: str) -> bytes:
    """The bytes, if they are those that were signed.

    Args:
        content: What is about to be handed out.
        digest: SHA-256 of what was signed, hexadecimal.
        masknet: The MaskNet's name.

    Raises:
        OutOfOrder: If they are others.
    """
    if compare_digest(sha256(content).hexdigest(), digest):
        return content
    raise OutOfOrder(
        "this MaskNet's bytes are not those that were signed",
        code="other_bytes",
        value=masknet,
        remedy="Operator: it was drawn before files were kept, on another processor or version: serve it there.",
    )


def delete_files(connection: Connection, *which: object) -> None:
    """Delete the files of all MaskNets that meet the conditions on ``MaskNetRow``."""
    masknets = select(MaskNetRow.id).where(*which)  # type: ignore[arg-type]
    connection.execute(delete(StoredFile).where(StoredFile.masknet.in_(masknets)))
