"""Public networks that were given as files: kept for the owner, and found again by digest."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from masquerade.disguises.finding import Finders
from masquerade.errors import ModelError, SourceChanged, UsageError
from masquerade.files.durable import write_durably
from masquerade.files.named import require_digest
from masquerade.files.opening import read_parts
from masquerade.owner.records import KeptKind, Records
from masquerade.recipes import Recipe
from masquerade.zoo import PublicNetwork, find_network, open_network

_KINDS: Final[Mapping[KeptKind, PublicNetwork]] = {
    "encoder": "encoder",
    "split": "split",
    "generator": "face generator",
    "answers": "answers",
    "bank": "bank",
}
"""What the network is that a parameter of this name is given."""


def keep_networks(recipe: Recipe, disguise: Mapping[str, Any], records: Records) -> None:
    """Copy the files that a recipe was given into the owner's records: they may be gone when people are recognised.

    Args:
        recipe: The recipe; networks that it has by name come with the package.
        disguise: Description of its disguise.
        records: The owner's records, prepared.

    Raises:
        SourceChanged: If a file is no longer the one that the disguise was made with.
        WriteFailed: If the disk refuses.
    """
    given = {"encoder": recipe.encoder, **(recipe.cloak.networks if recipe.cloak else {})}
    for kind in _KINDS:
        source = given.get(kind)
        if isinstance(source, Path):
            keep_network(kind, source, disguise, records)


def keep_network(kind: KeptKind, source: Path, disguise: Mapping[str, Any], records: Records) -> None:
    """Copy one network's file.

    Raises:
        SourceChanged: If the file is no longer the one that the disguise was made with.
        WriteFailed: If the disk refuses.
    """
    for digest in _digests(kind, disguise):
        kept = records.network_file(kind, digest)
        if kept.exists():
            continue
        if open_network(_KINDS[kind], source).digest != digest:
            raise SourceChanged(f"the {kind} file changed", place=source, remedy="Disguise the photos again.")
        write_durably(kept, read_parts(source), 0o600)


def finders(records: Records) -> Finders:
    """Finds the public networks of an owner's data sets: kept copies first, then those of the package."""
    return Finders({network: partial(_found, records, kind) for kind, network in _KINDS.items()})


def _found(records: Records, kind: KeptKind, name: str, digest: str) -> object:
    kept = records.network_file(kind, digest)
    if kept.exists():
        return require_digest(open_network(_KINDS[kind], kept), digest, kind)
    try:
        return find_network(_KINDS[kind], name, digest)
    except UsageError as error:
        raise ModelError(
            f"the {kind} that the photos were disguised with is not here",
            value=error.value,
            place=kept,
            remedy="Keep the key file together with its .records folder, which holds a copy of it.",
        ) from None


def _digests(kind: KeptKind, description: object) -> Iterator[str]:
    """Digests of the networks of a kind in a description of a disguise."""
    if isinstance(description, Mapping):
        network = description.get(kind)
        if isinstance(network, Mapping) and isinstance(network.get("digest"), str):
            yield network["digest"]
        description = tuple(description.values())
    if isinstance(description, (list, tuple)):
        for value in description:
            yield from _digests(kind, value)
