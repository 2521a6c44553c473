"""Says what is wrong where a contract is not kept."""

from masquerade.errors import ContractBroken


def require(kept: bool, problem: str, value: object = None, remedy: str = "") -> None:
    """Nothing if ``kept``.

    Raises:
        ContractBroken: If not.
    """
    if not kept:
        raise ContractBroken(problem, value=value, remedy=remedy)
