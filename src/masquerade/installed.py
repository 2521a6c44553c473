"""What other distributions bring along, by entry points: ``masquerade.protections`` and ``masquerade.attacks``.

A distribution names its class in its ``pyproject.toml``::

    [project.entry-points."masquerade.protections"]
    SecretSigns = "secret_signs:SecretSigns"

A protection's name is that of its class, an attack's is its ``name``. Nothing is loaded before somebody asks for it.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Final, Literal, TypeVar

from masquerade.errors import UsageError

Group = Literal["masquerade.protections", "masquerade.attacks"]

PROTECTIONS: Final[Group] = "masquerade.protections"
ATTACKS: Final[Group] = "masquerade.attacks"

Kind = TypeVar("Kind")


def names_installed(group: Group) -> tuple[str, ...]:
    """Names that installed distributions bring, in order of the alphabet."""
    return tuple(sorted({point.name for point in entry_points(group=group)}))


def find_installed(group: Group, name: str, kind: type[Kind]) -> type[Kind] | None:
    """The class of that name that an installed distribution brings; None if none does.

    Args:
        group: Protections or attacks.
        name: What the entry point is called.
        kind: What it must be a class of.

    Raises:
        UsageError: If several distributions bring it, it cannot be imported, or it is something else.
    """
    points = list({point.value: point for point in entry_points(group=group, name=name)}.values())
    if not points:
        return None
    if len(points) > 1:
        owners = ", ".join(sorted(_owner(point) for point in points))
        raise _refused("several distributions bring it", owners, name, "Uninstall all but one.")
    try:
        brought = points[0].load()
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
        raise _refused("it cannot be imported", found, name, f"See {_owner(points[0])}.") from error
    if not (isinstance(brought, type) and issubclass(brought, kind)):
        raise _refused(f"it is no {kind.__name__}", points[0].value, name, f"See {_owner(points[0])}.")
    return brought


def owner_of(group: Group, name: str) -> str:
    """The distribution that brings what is called so; empty if none does."""
    return next((_owner(point) for point in entry_points(group=group, name=name)), "")


def _owner(point: EntryPoint) -> str:
    return "a distribution without a name" if point.dist is None else point.dist.name


def _refused(problem: str, value: str, name: str, remedy: str) -> UsageError:
    return UsageError(problem, value=value, place=f"what is installed as {name}", remedy=remedy)
