"""Files of split networks: the encoder on the edge and the cloud's half together."""

from pathlib import Path
from typing import Annotated, Final, final

from pydantic import Field

from masquerade.encoders.base import digest_of
from masquerade.errors import ModelError
from masquerade.files.network_file import NetworkCard, network_bytes, read_network
from masquerade.networks.features.split import SplitNetwork, SplitOptions
from masquerade.networks.features.split_registry import build_split

KIND: Final = "masquerade.split_network"


@final
class SplitCard(NetworkCard):
    """What a split network is, and what it was trained on.

    Args:
        network: Its sizes.
        attributes: Names of the attributes that it tells, as many as its sizes say; empty if they have none.
    """

    network: SplitOptions
    attributes: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ()


def split_digest(network: SplitNetwork) -> str:
    """SHA-256 over the edge's half, which decides the features, 64 hexadecimal digits."""
    state = {k: v for k, v in network.state_dict().items() if not k.startswith("f.")}
    options = network.options.model_copy(update={"attributes": 1, "dropout": 0.0})
    return digest_of(("split network", options.model_dump_json(exclude_none=True)), state)


def cloud_digest(network: SplitNetwork) -> str:
    """SHA-256 over the cloud's half, which decides what is told from features, 64 hexadecimal digits."""
    state = {k: v for k, v in network.state_dict().items() if k.startswith("f.")}
    return digest_of(("cloud's half", network.options.model_dump_json(exclude_none=True)), state)


def split_bytes(network: SplitNetwork, card: SplitCard) -> bytes:
    """A split network as the bytes of a file.

    Raises:
        ModelError: If the card is of another network, or a weight is not finite as it is stored.
    """
    names = len(card.attributes)
    if card.network != network.options or names not in (0, network.options.attributes):
        raise ModelError("the card is of another network", value=card.name, remedy="State its own options.")
    return network_bytes(network, card, KIND)


def read_split(path: Path) -> tuple[SplitNetwork, SplitCard]:
    """The split network in a file, which is taken for hostile.

    Raises:
        ModelError: If the file is missing, damaged, of another kind or version, or unlike its card.
    """
    network, card = read_network(path, KIND, SplitCard, _build)
    if len(card.attributes) not in (0, card.network.attributes):
        raise ModelError(
            "another number of attributes than the network tells",
            value=f"{len(card.attributes)} names, {card.network.attributes} attributes",
            place=path,
            remedy="Fetch the file again.",
        )
    return network, card


def _build(card: SplitCard) -> SplitNetwork:
    return build_split(card.network)
