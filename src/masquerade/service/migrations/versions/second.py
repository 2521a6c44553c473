"""An invitation knows who joined by it, so that joining can be repeated after a cut."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add the digest of the request and the account that it made."""
    op.add_column("invitations", sa.Column("request", sa.LargeBinary(), nullable=True))
    op.add_column("invitations", sa.Column("account", sa.String(32), nullable=True))
