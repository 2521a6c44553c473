"""Numbers on the command line: each option has a range, so that no command meets one that it cannot do with."""

from typing import Any, Final

import typer

LARGEST_SEED: Final = 2**63 - 1
_MOST_WORKERS: Final = 256
_MOST_EPOCHS: Final = 100_000
_MOST_STEPS: Final = 10_000_000


def number(least: float, most: float, what: str, *names: str, **more: Any) -> Any:  # noqa: ANN401 - typer's own type
    """An option for a number.

    Args:
        least: The smallest that is taken.
        most: The largest; together they keep out infinities and what is no number.
        what: The line of help.
        names: Its names, if they are not the parameter's.
        more: What else ``typer.Option`` takes.
    """
    return typer.Option(*names, min=least, max=most, help=what, **more)


def seed(what: str) -> Any:  # noqa: ANN401 - as above
    """A seed: 0 to 2^63 - 1, of weights, order and whatever ``what`` says."""
    return number(0, LARGEST_SEED, what)


def workers(what: str, **more: Any) -> Any:  # noqa: ANN401 - as above
    """Threads or processes: 1 to 256."""
    return number(1, _MOST_WORKERS, what, **more)


def epochs(what: str, **more: Any) -> Any:  # noqa: ANN401 - as above
    """Passes over photos: 1 to 100,000."""
    return number(1, _MOST_EPOCHS, what, **more)


def steps(what: str, least: int = 1, **more: Any) -> Any:  # noqa: ANN401 - as above
    """Steps of a training or a search: up to 10,000,000."""
    return number(least, _MOST_STEPS, what, **more)


def count(least: int, what: str, *names: str) -> Any:  # noqa: ANN401 - as above
    """How many of something there are: up to a billion."""
    return number(least, 1_000_000_000, what, *names)
