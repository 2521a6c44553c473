"""The provider: what all requests, and all of the operator's commands, are made of."""

import logging
import secrets
from collections.abc import Callable
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.engine import Row

from masquerade.errors import NotKnown, OutOfOrder
from masquerade.keys import Key
from masquerade.service import credentials, stored
from masquerade.service.audit_log import AuditLog, Event
from masquerade.service.committing import Committer
from masquerade.service.credentials import Caller
from masquerade.service.database import Database, ping
from masquerade.service.enrolling import joined as enrolled
from masquerade.service.facts import fact
from masquerade.service.high_water import HighWater
from masquerade.service.housekeeping import swept
from masquerade.service.invitation_code import InvitationCode
from masquerade.service.issuing import EmptyStock, Issuer, Wish
from masquerade.service.migrating import migrate
from masquerade.service.pinning import pin
from masquerade.service.restoring import require_no_copy
from masquerade.service.sealing import belongs
from masquerade.service.settings import Settings
from masquerade.service.tables import Account, Invitation, MaskNetRow

if TYPE_CHECKING:
    from masquerade.masknets import Source
    from masquerade.service.stock import Stock

_TRIES = 8
_LOG = logging.getLogger("masquerade.service")


@final
class Provider:
    """A provider on its database; what it raises says what went wrong, and holds no secret.

    Args:
        settings: Where its things are.
        key: The operator's key.

    Raises:
        WrongKey: If the database was made under another key.
        UsageError: If the database cannot be used.
    """

    def __init__(self, settings: Settings, key: Key) -> None:
        self.settings, self.policy = settings, settings.policy
        self.database = Database(settings.database)
        migrate(self.database)
        self._high_water = HighWater(settings.mark)
        self._name = self._require_ours(key)
        self._key, self.signer, self._box = key, key.signer("statements"), key.box("latents")
        self.log = AuditLog(key)
        self.committer = Committer(self.database, self.log.hold, self._remembered)

    @cached_property
    def source(self) -> "Source":
        """The hypernetwork; opened when it is first needed, since it brings much with it."""
        from masquerade.masknets import open_source

        return open_source(self.settings.hypernet)

    @cached_property
    def issuer(self) -> Issuer:
        """What hands MaskNets out of the stock."""
        return Issuer(self.policy, self.log, self._box, self.signer, self.source.digest)

    @cached_property
    def stock(self) -> "Stock":
        """MaskNets drawn in advance."""
        from masquerade.service.stock import Stock

        return Stock(self.database, self.source, self._box, self.policy.min_distance)

    def invite(self) -> str:
        """A code for one person; it names the provider's public key, so that nobody can stand in for it."""

        def job(connection: Connection) -> str:
            self.log.append(connection, Event("invite"))
            return credentials.new_invitation(connection, self._key, self.policy.invitation_days)

        secret = self.committer.run(job)
        return InvitationCode(secret, pin(secret, self.signer.public)).text

    def operator_token(self) -> str:
        """A token for the operator's endpoints."""

        def job(connection: Connection) -> str:
            self.log.append(connection, Event("operator"))
            return credentials.new_token(connection, "operator", None, self.policy.token_days)

        return self.committer.run(job)

    def join(self, code: str, request_key: str = "") -> dict[str, str]:
        """A new account for a code, and its token; the same answer for the same code and Idempotency-Key.

        Raises:
            NotKnown: If the code is good no more.
            ServiceError: As ``enrolling.joined``.
        """
        return self.committer.result(self.joining(code, request_key))

    def joining(self, code: str, request_key: str) -> Future[dict[str, str]]:
        """As ``join``, for who does not wait here.

        Raises:
            OutOfOrder: If the service is stopping.
        """

        def job(connection: Connection) -> dict[str, str]:
            found = enrolled(connection, code, request_key, self.policy, self._key)
            if found.fresh:
                self.log.append(connection, Event("join", found.account))
            return {"account": found.account, "token": found.token, "public_key": self.signer.public.hex()}

        return self.committer.start(job)

    def caller(self, token: str) -> Caller | None:
        """Who holds a token."""
        return credentials.known(self.database.first(credentials.HOLDER, credentials.held(token)))

    def issue(self, account: str, request_key: str, *, replace: bool = False) -> bytes:
        """The signed statement of an account's MaskNet; see ``Issuer.issue``.

        Raises:
            ServiceError: If there is none for this account now.
        """
        for _ in range(_TRIES):
            try:
                return self.committer.result(self.asked(account, request_key, replace=replace))
            except EmptyStock:
                self.stock.add()
        raise OutOfOrder("no MaskNet is in stock", code="stock", remedy="Try again.", wait=2)

    def asked(self, account: str, request_key: str, *, replace: bool = False) -> Future[bytes]:
        """As ``issue``, for who does not wait here; ``EmptyStock`` if a MaskNet must be drawn first.

        Raises:
            OutOfOrder: If the service is stopping.
        """
        return self.committer.begin(self.issuer.issue, Wish(account, request_key, replace))

    def masknet(self, account: str) -> bytes:
        """The bytes of an account's MaskNet, as they were signed; that they were fetched is in the audit log first.

        Raises:
            NotKnown: If the account has none.
            OutOfOrder: If they are not those that were signed.
        """

        def job(connection: Connection) -> Row[tuple[Any, ...]]:
            active = (MaskNetRow.account == account, MaskNetRow.state == "active")
            row = connection.execute(select(MaskNetRow.__table__).where(*active)).first()
            if row is None:
                raise NotKnown("the account has no MaskNet", code="not_found", remedy="Ask for one.")
            self.log.append(connection, Event("fetch", account, f"masknet {row.id}"))
            return row

        row = self.committer.run(job)
        raw = self._box.open(row.sealed, belongs(row.id, account))
        kept = self.database.first(stored.FILE, {"masknet": row.id})
        if kept is None:
            return self.stock.redrawn(row, raw)
        return stored.require_issued(stored.opened(kept.sealed, row.id, raw), row.sha256, row.id)

    def forget(self, account: str) -> None:
        """Delete an account, its tokens and answers and the secrets of its MaskNets.

        What a MaskNet does to photos (its sketch) stays without a name, so that nobody is given one like it
        while cloaked photos are about.

        Raises:
            NotKnown: If there is no such account.
        """

        def job(connection: Connection) -> None:
            if not connection.execute(delete(Account).where(Account.id == account)).rowcount:
                raise NotKnown("no such account", code="not_found")
            stored.delete_files(connection, MaskNetRow.account == account)
            gone = {"state": "forgotten", "account": None, "sealed": b""}
            connection.execute(update(MaskNetRow).where(MaskNetRow.account == account).values(**gone))
            nobody = {"account": None, "request": None}  # the code stays used
            connection.execute(update(Invitation).where(Invitation.account == account).values(**nobody))
            self.log.append(connection, Event("forget", account))

        self.committer.run(job)
        self.scrub()

    def scrub(self) -> None:
        """Let SQLite's journal forget too; PostgreSQL drops old rows by its vacuum, its journal in time."""
        if self.database.embedded:
            with self.database.reading() as connection:
                connection.commit()
                raw = connection.connection.driver_connection
                if raw is None:
                    return  # the next forget does it
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def revoke(self, account: str) -> None:
        """Close an account: its tokens are worth nothing, its MaskNet is rebuilt no more.

        Raises:
            NotKnown: If there is no such account.
        """

        def job(connection: Connection) -> None:
            if not connection.execute(
                update(Account).where(Account.id == account).values(state="revoked")
            ).rowcount:
                raise NotKnown("no such account", code="not_found", value=account[:40])
            credentials.revoke_tokens(connection, account)
            active = (MaskNetRow.account == account, MaskNetRow.state == "active")
            connection.execute(update(MaskNetRow).where(*active).values(state="revoked"))
            self.log.append(connection, Event("revoke", account))

        self.committer.run(job)

    def accounts(self) -> list[dict[str, Any]]:
        """All accounts, the newest first."""
        with self.database.reading() as connection:
            rows = connection.execute(select(Account.__table__).order_by(Account.created.desc()))
            return [dict(row._mapping) for row in rows]

    def ready(self) -> bool:
        """Whether requests can be served: the database answers, and nobody has told us to stop."""
        ping(self.database)
        return not self.committer.closed

    def close(self) -> None:
        """Finish what was asked for, and let go of the database."""
        self.committer.close()
        self.database.close()

    def housekeeping(self) -> dict[str, int]:
        """What lapsed goes; how many rows of each table went. Files that were not kept yet are, where they can be."""
        for name in self.stock.complete():
            _LOG.warning("MaskNet %s is drawn with other bits here; serve it where it was drawn", name)
        return self.committer.run(lambda connection: swept(connection, self.policy))

    def _require_ours(self, key: Key) -> str:
        """The database's name, if it was made under this key and was not put back to an earlier moment."""
        with self.database.writing() as connection:
            require_no_copy(connection)
            name = fact(connection, "name", secrets.token_hex(16))
            key.require(fact(connection, "key", key.fingerprint), self.settings.database.split("@")[-1])
            self._high_water.require(connection, name)
        return name

    def _remembered(self, connection: Connection) -> Callable[[], None]:
        if self.settings.mark is None:
            return lambda: None
        seq, digest = self.log.head(connection)
        return lambda: self._high_water.raise_to(self._name, seq, digest)


def operator_key(path: Path) -> Key:
    """The operator's key; made, mode 0600, where there is none."""
    if not path.exists():
        Key.generate().save(path)
    return Key.load(path)
