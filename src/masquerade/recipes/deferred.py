"""A cloak that is not opened yet, so that recipes can be listed without weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, final

from masquerade.crafting.shipped import (
    amortiser_for,
    open_answers,
    open_bank,
    open_feature_crafter,
    open_generator,
    open_split,
)
from masquerade.crafting.trained import TrainedSplit
from masquerade.disguises import Chain, Disguise, open_named_source
from masquerade.disguises.base import PublicNetwork
from masquerade.encoders.recogniser import open_recogniser
from masquerade.errors import UsageError
from masquerade.masknets.generator_file import open_cloak_generator

Opened = str | Path | tuple[str | Path, ...]
"""Name or file of a public network, or several."""

_OPENERS: Final[Mapping[PublicNetwork, Callable[[str | Path], object]]] = {
    "source": open_named_source,
    "recogniser": open_recogniser,
    "cloak generator": open_cloak_generator,
    "face generator": open_generator,
    "split": open_split,
}
"""What needs nothing but a name or file; an amortiser is found."""
_OF_SPLIT: Final[Mapping[PublicNetwork, Callable[[str | Path, TrainedSplit], object]]] = {
    "crafter": open_feature_crafter,
    "answers": open_answers,
    "bank": open_bank,
}
"""What is opened for a split network: an amortised crafter, statistics of its answers, a bank of its features."""


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
        named = [name for name, network in self.kind.networks.items() if network in (*_OPENERS, *_OF_SPLIT)]
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
            name: _open(of[name], value) for name, value in self.networks.items() if of[name] in _OPENERS
        }
        opened = {of[name]: network for name, network in networks.items()}
        for name, network in of.items():
            if network in _OF_SPLIT and name in self.networks:
                source = self.networks[name]
                assert not isinstance(source, tuple)  # noqa: S101
                networks[name] = _OF_SPLIT[network](source, opened["split"])
            if network == "amortiser" and name not in self.parameters:
                networks[name] = amortiser_for(opened["face generator"], opened["split"])
        own = self.kind(**networks, **self.parameters)
        return own if self.before is None else Chain((self.before.opened(), own))


def _open(network: PublicNetwork, value: Opened) -> object:
    opener = _OPENERS[network]
    return tuple(opener(each) for each in value) if isinstance(value, tuple) else opener(value)


def _nested(
    change: Mapping[str, Any], before: Mapping[str, Any], kind: type[Disguise], settings: str
) -> dict[str, Any]:
    """A change of which ``beta`` and other numbers of the settings stand beside the networks."""
    own = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    inner = {name: value for name, value in change.items() if name not in own}
    outer = {name: value for name, value in change.items() if name in own and name != settings}
    return {**outer, settings: {**before, **change.get(settings, {}), **inner}}
