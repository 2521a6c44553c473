"""How many MaskNets an account may have, and when."""

from masquerade.errors import QuotaReached
from masquerade.service.accounts.account_masknets import AccountState
from masquerade.service.settings import DAY, Policy


def check_quota(held: AccountState, policy: Policy, now: int, *, replace: bool) -> None:
    """Pass if an account may be issued another MaskNet.

    Args:
        held: What the account has, and had.
        policy: What is allowed.
        now: Seconds since 1970.
        replace: Whether an active MaskNet may be put aside.

    Raises:
        QuotaReached: If there is no share left.
    """
    if held.active is not None and not replace:
        raise QuotaReached(
            "the account has a MaskNet already",
            code="has_masknet",
            remedy="Fetch it, or ask for a replacement.",
        )
    if held.issued >= policy.lifetime:
        raise QuotaReached(
            "no MaskNet is left for this account", code="lifetime", value=f"{held.issued} issued"
        )
    if held.issued and held.replaced is not None and held.replaced > now - policy.replacement_days * DAY:
        raise QuotaReached(
            "a MaskNet was replaced not long ago",
            code="replaced",
            remedy=f"One replacement in {policy.replacement_days} days; ask later.",
            wait=held.replaced + policy.replacement_days * DAY - now,
        )
