"""Networks of Crafter and of its like that were given as files: kept for the owner, and found again by digest."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from masquerade.crafting.shipped import open_answers, open_bank, open_generator, open_split
from masquerade.crafting.trained import (
    Trained,
    TrainedAnswers,
    TrainedBank,
    TrainedFaceGenerator,
    TrainedSplit,
)
from masquerade.disguises.finding import Finders
from masquerade.errors import ModelError, SourceChanged
from masquerade.files.durable import write_durably
from masquerade.files.opening import read_parts
from masquerade.masknets.generator import TrainedGenerator
from masquerade.owner.kept_encoders import finder
from masquerade.owner.records import Records
from masquerade.recipes import Recipe

Kind = Literal["split", "generator", "answers", "bank"]
_Found = TypeVar("_Found", bound=Trained)
_OPEN: Final[Mapping[Kind, Callable[[Path], Trained]]] = {
    "split": open_split,
    "generator": open_generator,
    "answers": open_answers,
    "bank": open_bank,
}


def keep_split_networks(recipe: Recipe, disguise: Mapping[str, Any], records: Records) -> None:
    """Copy the files that a recipe of Crafter was given, since they may be gone when people are recognised.

    Args:
        recipe: The recipe; networks that it has by name come with the package.
        disguise: Description of its disguise.
        records: The owner's records, prepared.

    Raises:
        SourceChanged: If a file is no longer the one that the disguise was made with.
        WriteFailed: If the disk refuses.
    """
    for kind, source in _files(recipe):
        digest = str(disguise[kind]["digest"])
        kept = records.network_file(kind, digest)
        if kept.exists():
            continue
        if _OPEN[kind](source).digest != digest:
            raise SourceChanged(f"the {kind}'s file changed", place=source, remedy="Craft the photos again.")
        write_durably(kept, read_parts(source), 0o600)


def finders(records: Records) -> Finders:
    """Finds the public networks of an owner's data sets: kept copies first, then those of the package."""
    usual = Finders()

    def split(name: str, digest: str) -> TrainedSplit:
        kept = records.network_file("split", digest)
        return _same(open_split(kept), digest, kept) if kept.exists() else usual.split(name, digest)

    def generator(name: str, digest: str) -> TrainedGenerator | TrainedFaceGenerator:
        kept = records.network_file("generator", digest)
        return _same(open_generator(kept), digest, kept) if kept.exists() else usual.generator(name, digest)

    def answers(name: str, digest: str) -> TrainedAnswers:
        kept = records.network_file("answers", digest)
        return _same(open_answers(kept), digest, kept) if kept.exists() else usual.answers(name, digest)

    def bank(name: str, digest: str) -> TrainedBank:
        kept = records.network_file("bank", digest)
        return _same(open_bank(kept), digest, kept) if kept.exists() else usual.bank(name, digest)

    return Finders(encoder=finder(records), split=split, generator=generator, answers=answers, bank=bank)


def _files(recipe: Recipe) -> Iterator[tuple[Kind, Path]]:
    networks = recipe.cloak.networks if recipe.cloak else {}
    for kind in _OPEN:
        source = networks.get(kind)
        if isinstance(source, Path):
            yield kind, source


def _same(found: _Found, digest: str, place: Path) -> _Found:
    if found.digest != digest:
        raise ModelError(
            "another network than the one that was used",
            value=f"digest {found.digest[:12]}, expected {digest[:12]}",
            place=place,
            remedy="Restore the .records folder from a copy.",
        )
    return found
