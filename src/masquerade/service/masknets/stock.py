"""MaskNets drawn and compared in advance: drawing takes longer than an issue may."""

import secrets
from hashlib import sha256
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.engine import Row

from masquerade import __version__
from masquerade.errors import OutOfOrder
from masquerade.keys import Key
from masquerade.keys.box import AeadBox
from masquerade.keys.opaque import Secret
from masquerade.masknets import MaskNetCard, MaskNetFile, MaskNetSource, masknet_bytes
from masquerade.service.accounts.sealing import belongs
from masquerade.service.masknets.masknet_distance import BYTES, distances, sketch
from masquerade.service.storage.connection import Database, locked_head
from masquerade.service.storage.stored_masknets import require_issued, store
from masquerade.service.storage.tables import MaskNetRow, StoredFile

DRAWS: Final = 64
"""Draws that are tried for one place in the stock."""


@final
class Stock:
    """Draws MaskNets that keep their distance from every other one, issued or in stock.

    Args:
        database: Where they are kept.
        source: The hypernetwork.
        box: Seals their secrets.
        min_distance: To keep, 0 to 0.5.
    """

    def __init__(self, database: Database, source: MaskNetSource, box: AeadBox, min_distance: float) -> None:
        self._database, self._source, self._box, self._least = database, source, box, min_distance
        self._known: NDArray[np.uint8] = np.zeros((0, BYTES), np.uint8)
        self._last = 0

    def size(self) -> int:
        """MaskNets in stock, of this source."""
        ours = (MaskNetRow.state == "stock", MaskNetRow.source_digest == self._source.digest)
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).where(*ours)).scalar_one())

    def add(self) -> None:
        """Draw one, and put it in stock.

        Raises:
            OutOfOrder: If no draw keeps the distance, or the database cannot be written.
        """
        for _ in range(DRAWS):
            raw = Secret(secrets.token_bytes(32))
            found = sketch(self._source.draw(numbers_of(raw)))
            with self._database.writing() as connection:
                locked_head(connection, "stock")
                self._look(connection)
                nearest = float(distances(found, self._known).min()) if len(self._known) else None
                if nearest is None or nearest >= self._least:
                    self._insert(connection, raw, found, nearest)
                    return
        raise OutOfOrder(
            "no MaskNet is left that differs enough from those issued",
            code="exhausted",
            value=f"{DRAWS} draws",
            remedy="Operator: take a hypernetwork whose MaskNets differ more.",
        )

    def _look(self, connection: Connection) -> None:
        """Sketches that others added since."""
        query = select(MaskNetRow.number, MaskNetRow.sketch).where(MaskNetRow.number > self._last)
        rows = connection.execute(query.order_by(MaskNetRow.number)).all()
        if rows:
            new = np.stack([np.frombuffer(row.sketch, np.uint8) for row in rows])
            self._known, self._last = np.concatenate([self._known, new]), rows[-1].number

    def _insert(self, connection: Connection, raw: Secret, found: bytes, nearest: float | None) -> None:
        identity = secrets.token_hex(16)
        content = rebuilt(self._source, raw, nearest, __version__)
        row = {
            "id": identity,
            "state": "stock",
            "sealed": self._box.seal(raw, belongs(identity, "")),
            "sketch": found,
            "sha256": sha256(content).hexdigest(),
            "fingerprint": Key(raw).fingerprint,
            "nearest": nearest,
            "source": self._source.name,
            "source_digest": self._source.digest,
            "version": __version__,
        }
        connection.execute(insert(MaskNetRow).values(**row))
        store(connection, identity, raw, content)

    def complete(self) -> tuple[str, ...]:
        """Keep the files of MaskNets that this source drew before files were kept, if it draws them again.

        Those in stock that cannot are given to nobody.

        Returns:
            Names of issued ones that this machine draws with other bits.

        Raises:
            OutOfOrder: If the database cannot be written.
        """
        ours = MaskNetRow.source_digest == self._source.digest
        wanted = (MaskNetRow.state.in_(("stock", "active")), StoredFile.masknet.is_(None), ours)
        query = select(MaskNetRow.__table__).outerjoin(StoredFile, StoredFile.masknet == MaskNetRow.id)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(*wanted)).all()
        return tuple(row.id for row in rows if not self._completed(row))

    def _completed(self, row: Row[tuple[object, ...]]) -> bool:
        raw = self._box.open(row.sealed, belongs(row.id, row.account or ""))
        with self._database.writing() as connection:
            locked_head(connection, "stock")
            same = (MaskNetRow.id == row.id, MaskNetRow.state == row.state)
            kept = select(StoredFile.masknet).where(StoredFile.masknet == row.id)
            if not connection.execute(select(MaskNetRow.id).where(*same)).first():
                return True
            if connection.execute(kept).first():
                return True  # another worker did it
            try:
                store(connection, row.id, raw, self.redrawn(row, raw))
            except OutOfOrder:
                if row.state == "stock":
                    connection.execute(update(MaskNetRow).where(*same).values(state="forgotten", sealed=b""))
                return bool(row.state == "stock")
        return True

    def redrawn(self, row: Row[tuple[object, ...]], raw: Secret) -> bytes:
        """The file of a MaskNet that was drawn before files were kept.

        Args:
            row: The MaskNet.
            raw: Its 256 secret bits.

        Raises:
            OutOfOrder: If it came from another hypernetwork, or this machine draws it with other bits.
        """
        if row.source_digest != self._source.digest:
            told = row.source_digest[:12]
            raise OutOfOrder("this MaskNet comes from another hypernetwork", code="hypernet", value=told)
        content = rebuilt(self._source, raw, row.nearest, row.version)
        return require_issued(content, row.sha256, row.id)


def numbers_of(raw: Secret) -> torch.Tensor:
    """The numbers that 256 secret bits stand for, float32 ``(256,)``."""
    return torch.from_numpy(Key(raw).stream("masknet").normal(256)).float()


def rebuilt(source: MaskNetSource, raw: Secret, nearest: float | None, version: str) -> bytes:
    """The bytes of a MaskNet's file; on another processor, or another release of PyTorch, the last bits may differ."""
    card = MaskNetCard(
        source=source.name,
        source_digest=source.digest,
        structure=source.structure.name,
        size=source.structure.size,
        key_fingerprint=Key(raw).fingerprint,
        nearest=nearest,
        masquerade_version=version,
    )
    drawn = numbers_of(raw)
    return masknet_bytes(MaskNetFile(drawn, source.draw(drawn), card))
