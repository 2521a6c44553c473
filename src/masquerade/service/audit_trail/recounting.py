"""Compares what a database says with its audit log: columns carry no code, the log's entries do."""

from dataclasses import dataclass, field
from typing import Final, final

from sqlalchemy import Connection, select

from masquerade.errors import WrongKey
from masquerade.service.audit_trail.audit_log import AuditLog
from masquerade.service.audit_trail.tallies import ISSUE, Tally
from masquerade.service.storage.tables import Account, AuditRow, Invitation, MaskNetRow, Token

NEVER: Final = "never"


@final
@dataclass
class _Told:
    """What the log tells of one account."""

    quota: Tally = field(default_factory=Tally)
    state: str = NEVER
    masknets: set[str] = field(default_factory=set)


@final
class _Log:
    """All that the log tells, read from its beginning.

    Args:
        connection: A transaction that reads.
        nobody: What stands for no account in the log.
    """

    def __init__(self, connection: Connection, nobody: str) -> None:
        self._nobody = nobody
        self.accounts: dict[str, _Told] = {}
        self.tokens: dict[str, tuple[str, str]] = {}
        self.invited, self.joined, self.withdrawn = dict[str, str](), set[str](), set[str]()
        query = select(AuditRow.event, AuditRow.subject, AuditRow.time, AuditRow.detail).order_by(
            AuditRow.seq
        )
        for event, subject, time, detail in connection.execute(query):
            self._read(event, subject, time, detail)

    def _read(self, event: str, subject: str, time: int, detail: str) -> None:
        words = detail.split(" ")
        told = dict(zip(words[::2], words[1::2], strict=False))
        account = self.accounts.setdefault(subject, _Told())
        account.quota.add(event, time, detail)
        if "token" in told:
            self.tokens[told["token"]] = (event, subject)
        if event == "invite":
            self.invited[told.get("invitation", "")] = subject
        elif event == "withdraw":
            self.withdrawn.add(told.get("invitation", ""))
        elif event in ("join", "rejoin"):
            account.state = "active" if event == "join" else account.state
            self._read_join(told, self._nobody if event == "join" else subject)
        elif event == "revoke":
            account.state = "revoked"
        elif event == "forget":
            account.state = NEVER
        elif event == ISSUE:
            account.masknets.add(told.get("masknet", ""))

    def _read_join(self, told: dict[str, str], whom: str) -> None:
        code = told.get("invitation")
        if code is None:
            return
        if self.invited.get(code) != whom or code in self.joined or code in self.withdrawn:
            raise _disagrees(
                "somebody joined by an invitation that was not made so, or was not open", code[:40]
            )
        self.joined.add(code)


def require_counts(connection: Connection, log: AuditLog) -> None:
    """Pass if accounts, their quotas, MaskNets, tokens and invitations are as the audit log tells.

    Raises:
        WrongKey: If somebody wrote to the database beside the service.
    """
    told = _Log(connection, log.subject(""))
    _require_accounts(connection, log, told)
    _require_tokens(connection, log, told)
    unused = select(Invitation.handle, Invitation.withdrawn).where(Invitation.used.is_(None))
    for row in connection.execute(unused):
        if row.handle in told.joined or (row.handle in told.withdrawn and row.withdrawn is None):
            raise _disagrees("an invitation was used or withdrawn, and is open again", row.handle)


def _require_accounts(connection: Connection, log: AuditLog, told: _Log) -> None:
    issued: dict[str, set[str]] = {}
    served = select(MaskNetRow.account, MaskNetRow.id).where(MaskNetRow.state == "active")
    for row in connection.execute(served):
        issued.setdefault(row.account, set()).add(row.id)
    for row in connection.execute(select(Account.__table__)):
        known = told.accounts.get(log.subject(row.id), _Told())
        if row.state != known.state:
            raise _disagrees(f"account {row.id} is {row.state}, by the log", known.state)
        if (row.issued, row.replaced) != (known.quota.issued, known.quota.replaced):
            was = f"{known.quota.issued} issued, last replaced {known.quota.replaced or NEVER}"
            raise _disagrees(f"account {row.id} has another quota than by the log", was)
        if not issued.pop(row.id, set()) <= known.masknets:
            raise _disagrees("a MaskNet serves that the log did not issue", row.id)
    if issued:
        raise _disagrees("a MaskNet serves nobody's account", min(issued))


def _require_tokens(connection: Connection, log: AuditLog, told: _Log) -> None:
    for row in connection.execute(select(Token.__table__)):
        event, subject = told.tokens.get(bytes(row.digest).hex()[:32], ("", ""))
        role = "operator" if event == "operator" else "person" if event else ""
        if (role, subject) != (row.role, log.subject(row.account or "")):
            raise _disagrees("a token is good that the log does not tell of", row.account or row.role)


def _disagrees(problem: str, value: str) -> WrongKey:
    return WrongKey(
        f"the database does not agree with its audit log: {problem}",
        value=value,
        place="audit log",
        remedy="Whoever could write to the database may have done it; compare it with a backup.",
    )
