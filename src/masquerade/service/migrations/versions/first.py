"""The first schema; as it was, whatever ``tables.py`` says by now."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "1"
down_revision = None

Columns = dict[str, TypeEngine[Any]]
NAME, WORD, DIGEST, LONG = (sa.String(length) for length in (32, 16, 64, 400))
COUNT, BYTES, TIME = sa.Integer(), sa.LargeBinary(), sa.BigInteger()
STOCK, ACTIVE = sa.text("state = 'stock'"), sa.text("state = 'active'")


def upgrade() -> None:
    """Create all tables, and the heads of their chains."""
    issued = sa.CheckConstraint("issued >= 0", name="issued_counts")
    account: Columns = {"id": NAME, "state": WORD, "created": TIME, "issued": COUNT, "replaced": TIME}
    _table("accounts", ["id"], account, issued, null=["replaced"])
    entry: Columns = {
        "seq": TIME,
        "time": TIME,
        "event": NAME,
        "subject": DIGEST,
        "detail": LONG,
        "digest": DIGEST,
    }
    _table("audit", ["seq"], entry)
    _table("facts", ["name"], {"name": NAME, "value": LONG})
    _table("heads", ["name"], {"name": WORD, "seq": TIME, "digest": DIGEST})
    invitation: Columns = {"digest": BYTES, "created": TIME, "expires": TIME, "used": TIME}
    _table("invitations", ["digest"], invitation, null=["used"])
    _masknets()
    answer: Columns = {"account": NAME, "key": BYTES, "request": BYTES, "body": BYTES, "created": TIME}
    _table("answers", ["account", "key"], answer, _of_account())
    token: Columns = {"digest": BYTES, "role": WORD, "account": NAME, "expires": TIME}
    _table("tokens", ["digest"], token, _of_account(), null=["account"])
    op.create_index("ix_tokens_account", "tokens", ["account"])
    for head in ("audit", "stock"):
        op.execute(f"INSERT INTO heads (name, seq, digest) VALUES ('{head}', 0, '')")  # noqa: S608


def _masknets() -> None:
    columns: Columns = {
        "number": COUNT,
        "id": NAME,
        "state": WORD,
        "account": NAME,
        "sealed": BYTES,
        "sketch": BYTES,
    }
    columns |= {"sha256": DIGEST, "fingerprint": NAME, "nearest": sa.Float(), "source": sa.String(100)}
    columns |= {"source_digest": DIGEST, "version": sa.String(100), "issued": TIME}
    once = sa.UniqueConstraint("id")
    _table("masknets", ["number"], columns, once, null=["account", "nearest", "issued"], numbered=True)
    op.create_index(
        "one_active_an_account",
        "masknets",
        ["account"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )
    op.create_index("stock_of_masknets", "masknets", ["number"], sqlite_where=STOCK, postgresql_where=STOCK)


def _table(
    name: str,
    key: Sequence[str],
    columns: Columns,
    *more: sa.Constraint,
    null: Sequence[str] = (),
    numbered: bool = False,
) -> None:
    made = [
        sa.Column(column, kind, nullable=column in null, autoincrement="auto" if numbered else False)
        for column, kind in columns.items()
    ]
    op.create_table(name, *made, *more, sa.PrimaryKeyConstraint(*key))


def _of_account() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["account"], ["accounts.id"], ondelete="CASCADE")
