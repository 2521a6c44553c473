"""Public networks that descriptions of disguises name, by name and digest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

from masquerade.zoo import PublicNetwork, find_network, open_named_source, untrained

__all__ = ["Finders", "open_named_source", "untrained"]


@final
@dataclass(frozen=True)
class Finders:
    """Where public networks come from that a description names.

    Args:
        own: By kind: gives the network of a name and a digest, or raises a ``MasqueradeError``. Other kinds are those
            that come with masquerade.
    """

    own: Mapping[PublicNetwork, Callable[[str, str], Any]] = field(default_factory=dict)

    def of(self, network: PublicNetwork) -> Callable[[str, str], Any]:
        """The one for a kind of network."""
        return self.own.get(network) or partial(find_network, network)
