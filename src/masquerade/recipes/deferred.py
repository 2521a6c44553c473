"""A cloak that is not opened yet, so that recipes can be listed without weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, final

from masquerade.crafting.shipped import amortiser_for
from masquerade.disguises import Chain, Disguise
from masquerade.errors import UsageError
from masquerade.zoo import OF_SPLIT, PublicNetwork, open_network

Opened = str | Path | tuple[str | Path, ...]
"""Name or file of a public network, or several."""

_NAMED: Final[tuple[PublicNetwork, ...]] = (
    "source",
    "recogniser",
    "cloak generator",
    "face generator",
    "split",
)
"""What needs nothing but a name or file; an amortiser is found."""


@final
@dataclass(frozen=True)
class Cloak:
    """A kind of disguise, and its parameters; those that are public networks by name or file.

    Args:
        kind: The disguise.
        networks: By parameter that the disguise declares for a public network: what is to be opened.
        parameters: The other parameters that differ from the disguise's own defaults.
        before: What photos go through first, opened as well; None for nothing.
    """

    kind: type[Disguise]
    networks: Mapping[str, Opened]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    before: "Cloak | None" = None

    def changed(self, change: Mapping[str, Any]) -> "Cloak":
        """The same with other parameters or networks, as a study file names them.

        Raises:
            UsageError: If the disguise has no such parameter.
        """
        if (inner := self.kind.settings_in) is not None:
            change = _nested(change, self.parameters.get(inner, {}), self.kind, inner)
        known = [each.name for each in fields(self.kind)]  # type: ignore[arg-type]
        if self.before is not None:
            first = {name: value for name, value in change.items() if name not in known}
            change = {name: value for name, value in change.items() if name in known}
            own = replace(self, before=None).changed(change)
            return replace(own, before=self.before.changed(first))
        if unknown := [name for name in change if name not in known]:
            raise UsageError(
                f"{self.kind.__name__} has no such parameter",
                value=", ".join(unknown)[:100],
                remedy=f"Its parameters are {', '.join(known)}.",
            )
        plain = {name: tuple(value) if isinstance(value, list) else value for name, value in change.items()}
        named = [name for name, network in self.kind.networks.items() if network in (*_NAMED, *OF_SPLIT)]
        networks = {name: value for name, value in plain.items() if name in named}
        parameters = {name: value for name, value in plain.items() if name not in named}
        return replace(
            self, networks={**self.networks, **networks}, parameters={**self.parameters, **parameters}
        )

    def opened(self) -> Disguise:
        """The disguise, its networks opened; crafting begins at the shipped amortiser's latents where one fits.

        Raises:
            MasqueradeError: If a network cannot be opened, or a parameter is wrong.
        """
        of = self.kind.networks
        networks: dict[str, Any] = {
            name: _open(of[name], value) for name, value in self.networks.items() if of[name] in _NAMED
        }
        opened = {of[name]: network for name, network in networks.items()}
        for name, network in of.items():
            if network in OF_SPLIT and name in self.networks:
                source = self.networks[name]
                assert not isinstance(source, tuple)  # noqa: S101
                networks[name] = open_network(network, source, opened["split"])
            if network == "amortiser" and name not in self.parameters:
                networks[name] = amortiser_for(opened["face generator"], opened["split"])
        own = self.kind(**networks, **self.parameters)
        return own if self.before is None else Chain((self.before.opened(), own))


def _open(network: PublicNetwork, value: Opened) -> object:
    if isinstance(value, tuple):
        return tuple(open_network(network, each) for each in value)
    found: object = open_network(network, value)
    return found


def _nested(
    change: Mapping[str, Any], before: Mapping[str, Any], kind: type[Disguise], settings: str
) -> dict[str, Any]:
    """A change of which ``beta`` and other numbers of the settings stand beside the networks."""
    own = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    inner = {name: value for name, value in change.items() if name not in own}
    outer = {name: value for name, value in change.items() if name in own and name != settings}
    return {**outer, settings: {**before, **change.get(settings, {}), **inner}}
