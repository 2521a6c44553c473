"""What a provider decides before the service starts."""

from pathlib import Path
from typing import Annotated, final

from pydantic import BaseModel, ConfigDict, Field

DAY = 86_400


@final
class Policy(BaseModel):
    """How many MaskNets an account may have, and how long things last (days), spec reliability 4.4 P1 and P2.

    Args:
        lifetime: MaskNets of one account, ever.
        replacement_days: Days between two replacements.
        invitation_days: Until an invitation lapses.
        token_days: Until a token lapses.
        idempotency_days: For which a repeated request gets the same answer.
        stock: MaskNets drawn and compared in advance.
        min_distance: To every other MaskNet, 0 to 0.5.
        open_joins_a_day: People who may join without an invitation; 0, unless a provider decides otherwise:
            whoever joins k times holds k MaskNets, which is what the protection is measured against.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lifetime: Annotated[int, Field(ge=1)] = 3
    replacement_days: Annotated[int, Field(ge=0)] = 90
    invitation_days: Annotated[int, Field(ge=1)] = 14
    token_days: Annotated[int, Field(ge=1)] = 365
    idempotency_days: Annotated[int, Field(ge=1)] = 30
    stock: Annotated[int, Field(ge=0)] = 64
    min_distance: Annotated[float, Field(ge=0, le=0.5)] = 0.35
    open_joins_a_day: Annotated[int, Field(ge=0)] = 0


@final
class ServiceSettings(BaseModel):
    """Where the service keeps its things; it holds no secret.

    Args:
        database: SQLAlchemy's address of the database.
        key: The operator's key file.
        hypernet: Name or file of the hypernetwork.
        mark: File that remembers how far the audit log went, so that a database put back is noticed; kept
            beside the key, away from the database. None if nothing shall.
        policy: See ``Policy``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str = "sqlite:///psp.db"
    key: Path = Path("psp.key")
    hypernet: str = "hypernet-1"
    mark: Path | None = None
    policy: Policy = Policy()

    @property
    def ledger(self) -> Path | None:
        """File that remembers, beside the mark, who was forgotten or closed."""
        return None if self.mark is None else self.mark.with_suffix(".closed")

    @property
    def rates(self) -> Path:
        """File of the counts of requests, where nobody else can have put one."""
        return self.key.with_name(f".{self.key.name}.rates")
