"""The tables of the service. Times are seconds since 1970, UTC."""

from typing import final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Of all tables."""


@final
class Account(Base):
    """Who was invited; ``issued`` and ``replaced`` are the quota, which only ever grows; ``note`` is the operator's."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("issued >= 0", name="issued_counts"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    created: Mapped[int] = mapped_column(BigInteger)
    issued: Mapped[int] = mapped_column(Integer)
    replaced: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(200), server_default="")


@final
class Invitation(Base):
    """One code, of which only the digest is kept; ``request`` and ``account`` say who joined by it.

    ``handle``, the digest's beginning, names it to the operator; ``withdrawn`` says since when it is good no more.

    One that lapses as it is made stands for somebody who joined without a code, where the policy allows that.
    """

    __tablename__ = "invitations"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    created: Mapped[int] = mapped_column(BigInteger)
    expires: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int | None] = mapped_column(BigInteger)
    request: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    account: Mapped[str | None] = mapped_column(String(32))
    handle: Mapped[str] = mapped_column(String(12), index=True, server_default="")
    note: Mapped[str] = mapped_column(String(200), server_default="")
    withdrawn: Mapped[int | None] = mapped_column(BigInteger)


@final
class Token(Base):
    """One token, of which only the digest is kept."""

    __tablename__ = "tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    account: Mapped[str | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    expires: Mapped[int] = mapped_column(BigInteger)


@final
class MaskNetRow(Base):
    """A MaskNet, drawn and compared; in stock until an account gets it. ``sealed`` is empty once forgotten."""

    __tablename__ = "masknets"
    __table_args__ = (
        Index(
            "stock_of_masknets",
            "number",
            sqlite_where=text("state = 'stock'"),
            postgresql_where=text("state = 'stock'"),
        ),
        Index(
            "one_active_an_account",
            "account",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    account: Mapped[str | None] = mapped_column(String(32))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    sketch: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(32))
    nearest: Mapped[float | None] = mapped_column(Float)
    source: Mapped[str] = mapped_column(String(100))
    source_digest: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(100))
    issued: Mapped[int | None] = mapped_column(BigInteger)


@final
class StoredFile(Base):
    """The file of a MaskNet as it was drawn, sealed under a key that its sealed secret gives; see ``stored``."""

    __tablename__ = "masknet_files"

    masknet: Mapped[str] = mapped_column(ForeignKey("masknets.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


@final
class StoredAnswer(Base):
    """What a request with an Idempotency-Key was answered."""

    __tablename__ = "answers"

    account: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    request: Mapped[bytes] = mapped_column(LargeBinary(32))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created: Mapped[int] = mapped_column(BigInteger)


@final
class AuditRow(Base):
    """One thing that happened, chained to the one before."""

    __tablename__ = "audit"
    __table_args__ = (
        Index(
            "quota_of_accounts",
            "subject",
            sqlite_where=text("event IN ('issue', 'charge')"),
            postgresql_where=text("event IN ('issue', 'charge')"),
        ),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    time: Mapped[int] = mapped_column(BigInteger)
    event: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(String(400))
    digest: Mapped[str] = mapped_column(String(64))


@final
class Head(Base):
    """The row that whoever appends to a chain, or to the stock, holds locked."""

    __tablename__ = "heads"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))


@final
class Fact(Base):
    """What is true of the database as a whole."""

    __tablename__ = "facts"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(400))
