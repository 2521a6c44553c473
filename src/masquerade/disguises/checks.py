"""What parameters of disguises are checked for."""

from math import isfinite

from masquerade.errors import UsageError


def require_one_of(name: str, value: object, choices: tuple[object, ...], place: str) -> None:
    """Pass if ``value`` is one of the choices, of the same type.

    Raises:
        UsageError: If it is not.
    """
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        raise UsageError(
            f"no such {name} of {place}",
            value=repr(value),
            remedy=f"Choose among {', '.join(map(repr, choices))}.",
        )


def require_count(name: str, value: object, least: int, most: int, place: str) -> None:
    """Pass if ``value`` is a whole number from ``least`` to ``most``.

    Raises:
        UsageError: If it is not.
    """
    if type(value) is not int or not least <= value <= most:
        raise UsageError(
            f"not a {name}",
            value=repr(value),
            place=place,
            remedy=f"Give a whole number from {least} to {most}.",
        )


def require_number(name: str, value: object, least: float, most: float, place: str) -> None:
    """Pass if ``value`` is a finite number from ``least`` to ``most``.

    Raises:
        UsageError: If it is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        wrong = True
    else:
        wrong = not least <= value <= most
    if wrong:
        raise UsageError(
            f"not a {name}",
            value=repr(value),
            place=place,
            remedy=f"Give a number from {least:g} to {most:g}.",
        )
