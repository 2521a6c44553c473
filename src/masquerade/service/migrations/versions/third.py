"""MaskNets' files are kept; accounts and invitations have notes; issues are found by their account."""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"

INVITATIONS = sa.table("invitations", sa.column("digest", sa.LargeBinary()), sa.column("handle", sa.String()))
QUOTA = sa.text("event IN ('issue', 'charge')")


def upgrade() -> None:
    """Add the columns, the files' table and the index."""
    note, handle = (sa.String(200), sa.String(12))
    op.add_column("accounts", sa.Column("note", note, nullable=False, server_default=""))
    op.add_column("invitations", sa.Column("handle", handle, nullable=False, server_default=""))
    op.add_column("invitations", sa.Column("note", note, nullable=False, server_default=""))
    op.add_column("invitations", sa.Column("withdrawn", sa.BigInteger(), nullable=True))
    _name_invitations()
    op.create_index("ix_invitations_handle", "invitations", ["handle"])
    op.create_index("quota_of_accounts", "audit", ["subject"], sqlite_where=QUOTA, postgresql_where=QUOTA)
    op.create_table(
        "masknet_files",
        sa.Column("masknet", sa.String(32), sa.ForeignKey("masknets.id"), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":  # sealed bytes cannot be compressed
        op.execute("ALTER TABLE masknet_files ALTER COLUMN sealed SET STORAGE EXTERNAL")


def _name_invitations() -> None:
    connection = op.get_bind()
    for digest in connection.execute(sa.select(INVITATIONS.c.digest)).scalars().all():
        named = sa.update(INVITATIONS).where(INVITATIONS.c.digest == digest)
        connection.execute(named.values(handle=bytes(digest).hex()[:12]))
