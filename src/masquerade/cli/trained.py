"""What commands that train a public network have in common: going on after an interruption, and what they answer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from masquerade.cli.answer_types import NetworkAnswer
from masquerade.cli.answers import answer
from masquerade.cli.options import sum_up

if TYPE_CHECKING:
    from masquerade.training.crafter.generator_folder import GeneratorSummary
    from masquerade.training.crafter.public_facts import PublicFacts
    from masquerade.training.encoders.pretrain import PretrainSummary
    from masquerade.training.hyperobf.folder import HyperNetSummary

Resume = Annotated[bool, typer.Option(help="Resume from the checkpoint of an interrupted training.")]


def tell_network(
    file: Path, done: "GeneratorSummary | HyperNetSummary | PretrainSummary | PublicFacts", as_json: bool
) -> None:
    """Answer with a network's file, then say what was passed over.

    Raises:
        CommandFailed: If photos were rejected.
    """
    facts = NetworkAnswer(path=str(file), digest=done.digest, photos=done.photos, seconds=done.seconds)
    answer(facts, as_json, str(file))
    sum_up(done.notices, done.rejected)
