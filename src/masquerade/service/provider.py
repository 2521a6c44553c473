"""The provider: what all requests, and all of the operator's commands, are made of."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.engine import Row

from masquerade.errors import NotKnown, OutOfOrder
from masquerade.keys import Key
from masquerade.service.accounts import credentials, guests
from masquerade.service.accounts.closing import close_account
from masquerade.service.accounts.credentials import Caller
from masquerade.service.accounts.housekeeping import purge_expired
from masquerade.service.accounts.invitation_code import InvitationCode
from masquerade.service.accounts.join import register_account as enrolled
from masquerade.service.accounts.key_pin import pin
from masquerade.service.accounts.sealing import belongs
from masquerade.service.audit_trail.audit_log import AuditLog, Event
from masquerade.service.audit_trail.forgotten import Closing, ForgottenLedger
from masquerade.service.audit_trail.rollback_mark import HighWater
from masquerade.service.backups.opening import opened, verified
from masquerade.service.clocks import set_right, trusted_time
from masquerade.service.group_commit import GroupCommitter
from masquerade.service.masknets.issue import EmptyStock, Issuer, IssueRequest
from masquerade.service.settings import DAY, ServiceSettings
from masquerade.service.storage import stored_masknets as stored
from masquerade.service.storage.connection import require_writable
from masquerade.service.storage.tables import Account, MaskNetRow

if TYPE_CHECKING:
    from masquerade.masknets import MaskNetSource
    from masquerade.service.masknets.stock import Stock

_TRIES = 8
_LOG = logging.getLogger("masquerade.service")


@final
class Provider:
    """A provider on its database; what it raises says what went wrong, and holds no secret.

    Args:
        settings: Where its things are.
        key: The operator's key.
        make: Whether a database is made where there is none.

    Raises:
        WrongKey: If the database was made under another key.
        UsageError: If the database cannot be used.
    """

    def __init__(self, settings: ServiceSettings, key: Key, *, make: bool = True) -> None:
        self.settings, self.policy = settings, settings.policy
        self._high_water = HighWater(settings.mark, key, settings.database)
        self.database = opened(settings, key, self._high_water, make=make)
        self._key, self.signer, self._box = key, key.signer("statements"), key.box("latents")
        self.log = AuditLog(key)
        self._tidied: float | None = None
        self._ledger, self._unscrubbed = ForgottenLedger(settings.ledger, key), False
        self.committer = GroupCommitter(self.database, self._begun, self._remembered)

    @cached_property
    def source(self) -> "MaskNetSource":
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
        from masquerade.service.masknets.stock import Stock

        return Stock(self.database, self.source, self._box, self.policy.min_distance)

    def invite(self, account: str = "", note: str = "") -> str:
        """A code for one person; it names the provider's public key, so that nobody can stand in for it.

        Args:
            account: Whose person has lost the token, or let it lapse, and comes back by this code; nobody's, if empty.
            note: Whom it is for, for the operator alone.

        Raises:
            NotKnown: If there is no such account, or it was closed.
            BadRequest: If the note is too long, see ``guests.checked_note``.
        """
        kept = guests.checked_note(note)

        def job(connection: Connection) -> str:
            if account and not connection.execute(select(Account.id).where(*_open(account))).first():
                raise NotKnown("no such account", code="not_found", value=account[:40])
            days = self.policy.invitation_days
            secret = credentials.new_invitation(connection, self._key, days, account or None, kept)
            handle = credentials.handle(credentials.invitation_digest(self._key, secret))
            self.log.append(connection, Event("invite", account, f"invitation {handle}"))
            return secret

        secret = self.committer.run(job)
        return InvitationCode(secret, pin(secret, self.signer.public)).text

    def operator_token(self) -> str:
        """A token for the operator's endpoints."""

        def job(connection: Connection) -> str:
            token = credentials.new_token(connection, "operator", None, self.policy.token_days)
            self.log.append(connection, Event("operator", detail=f"token {credentials.named(token)}"))
            return token

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
                event = "rejoin" if found.again else "join"
                self.log.append(connection, Event(event, found.account, found.how))
            return {"account": found.account, "token": found.token, "public_key": self.signer.public.hex()}

        return self.committer.start(job)

    def caller(self, token: str) -> Caller | None:
        """Who holds a token; a person's lasts longer whenever it is used in the second half of its time."""
        asked = credentials.held(token)
        row = self.database.first(credentials.HOLDER, asked)
        found = credentials.known(row)
        if found and found.account and row and row.expires - time.time() < self.policy.token_days * DAY / 2:
            with suppress(OutOfOrder):  # the service is stopping
                self.committer.begin(self._renewed, asked["held"])
        return found

    def _renewed(self, connection: Connection, digests: list[Any]) -> list[bool]:
        expires = int(time.time()) + self.policy.token_days * DAY
        return credentials.renew_tokens(connection, digests, expires)

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
        return self.committer.begin(self.issuer.issue, IssueRequest(account, request_key, replace))

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

    def forget(self, account: str) -> bool:
        """Delete an account and all that is its; see ``closing``.

        Returns:
            Whether it is gone from the database's journal too. Else somebody reads at this moment, and ``scrub``
            must be called until it says so.

        Raises:
            NotKnown: If there is no such account.
        """
        self._close("forget", account)
        return self.scrub()

    def revoke(self, account: str) -> bool:
        """Close an account; see ``closing``.

        Returns:
            As ``forget``.

        Raises:
            NotKnown: If there is no such account.
        """
        self._close("revoke", account)
        return self.scrub()

    def scrub(self) -> bool:
        """Let SQLite's journal forget too; PostgreSQL drops old rows by its vacuum, its journal in time.

        Returns:
            Whether nothing of what was deleted is left in it.
        """
        self._unscrubbed = not self.database.emptied_journal()
        return not self._unscrubbed

    def scrub_again(self) -> None:
        """``scrub``, if the last one was held up."""
        if self._unscrubbed:
            self.scrub()

    def _close(self, closing: Closing, account: str) -> None:
        def job(connection: Connection) -> None:
            self._ledger.add(closing, account)  # first: a backup must not bring back what was promised to go
            if not close_account(connection, self.log, closing, account):
                raise NotKnown("no such account", code="not_found", value=account[:40])

        self.committer.run(job)

    def back_up(self, out: Path) -> None:
        """Write a copy of the database; see ``backup.back_up``."""
        from masquerade.service.backups.backup import back_up

        back_up(self.database, self._key, out)

    def accounts(self, search: str = "") -> list[dict[str, Any]]:
        """Accounts, the newest first; those whose name or note holds some words, if there are any."""
        with self.database.reading() as connection:
            return guests.accounts(connection, search)

    def invitations(self, search: str = "") -> list[dict[str, Any]]:
        """Invitations, the newest first; see ``guests.invitations``."""
        with self.database.reading() as connection:
            return guests.invitations(connection, search)

    def note(self, account: str, note: str) -> None:
        """Note something of an account, for the operator alone.

        Raises:
            ServiceError: As ``guests.write_note``.
        """
        self.committer.run(lambda connection: guests.write_note(connection, account, note))

    def withdraw(self, handle: str) -> None:
        """Take an open invitation back.

        Raises:
            ServiceError: As ``guests.withdraw``.
        """

        def job(connection: Connection) -> None:
            taken = guests.withdraw(connection, handle)
            self.log.append(connection, Event("withdraw", detail=f"invitation {taken}"))

        self.committer.run(job)

    def ready(self) -> bool:
        """Whether requests can be served: the database answers, its disk has room, and nobody has told us to stop."""
        require_writable(self.database)
        return not self.committer.closed

    def close(self) -> None:
        """Finish what was asked for, and let go of the database."""
        self.committer.close()
        self.database.close()

    def housekeeping(self) -> dict[str, int]:
        """What lapsed goes; how many rows of each table went. Files that were not kept yet are, where they can be."""
        for name in self.stock.complete():
            _LOG.warning("MaskNet %s is drawn with other bits here; serve it where it was drawn", name)
        passed, self._tidied = _since(self._tidied)

        def job(connection: Connection) -> dict[str, int]:
            now = trusted_time(connection, int(time.time()), passed)
            set_right(connection, self.log, now)
            return purge_expired(connection, self.policy, now)

        gone = self.committer.run(job)
        self.scrub()  # also what a command deleted while somebody read
        return gone

    def verify(self) -> int:
        """The number of entries of the audit log, if it is whole and the database agrees with it.

        Raises:
            WrongKey: If it does not.
        """
        return verified(self.database, self.log)

    def _begun(self, connection: Connection) -> None:
        """Nobody else appends, and nothing was taken away since the last entry that is remembered."""
        self.log.hold(connection)
        self._high_water.require(connection)

    def _remembered(self, connection: Connection) -> Callable[[], None]:
        if self.settings.mark is None:
            return lambda: None
        seq, digest = self.log.head(connection)
        return lambda: self._high_water.raise_to(seq, digest)


def _open(account: str) -> tuple[ColumnElement[bool], ...]:
    return (Account.id == account, Account.state == "active")


def _since(before: float | None) -> tuple[float, float]:
    """Seconds that passed since a moment, none since never; and the moment that it is now."""
    now = time.monotonic()
    return (0.0 if before is None else now - before), now


def operator_key(path: Path) -> Key:
    """The operator's key; made, mode 0600, where there is none."""
    if not path.exists():
        Key.generate().save(path)
    return Key.load(path)
