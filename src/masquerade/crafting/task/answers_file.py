"""Files of what public photos say of a split network's answers: enough to compress them in closed form."""

from pathlib import Path
from typing import Annotated, Final, final

import torch
from pydantic import Field
from torch import Tensor, nn

from masquerade.errors import ModelError
from masquerade.files.network_file import NetworkCard, network_bytes, read_network

KIND: Final = "masquerade.answers"
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@final
class AnswerFacts(nn.Module):
    """Statistics of logits on public photos, and a matrix that takes features to them.

    Args:
        answers: Number of logits, ``a``.
        entries: Numbers of a feature map, ``d``.
    """

    mean: Tensor
    """Of each logit, ``(a,)``."""
    deviation: Tensor
    """Of each logit, ``(a,)``, above 0."""
    correlation: Tensor
    """Between logits, ``(a, a)``."""

    def __init__(self, answers: int, entries: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(answers))
        self.register_buffer("deviation", torch.ones(answers))
        self.register_buffer("correlation", torch.eye(answers))
        self.thin = nn.Linear(entries, answers)
        """Features ``(n, d)`` to standardised logits ``(n, a)``, by ridge regression."""


@final
class AnswersCard(NetworkCard):
    """What the statistics are of.

    Args:
        answers: Number of logits.
        entries: Numbers of a feature map.
        encoder_digest: ``split_digest`` of the split network.
        cloud_digest: ``cloud_digest`` of it.
    """

    answers: Annotated[int, Field(ge=1, le=10_000)]
    entries: Annotated[int, Field(ge=1, le=10_000_000)]
    encoder_digest: _Digest
    cloud_digest: _Digest


def answers_bytes(facts: AnswerFacts, card: AnswersCard) -> bytes:
    """The statistics as the bytes of a file.

    Raises:
        ModelError: If the card is of others, or a number is not finite as it is stored.
    """
    if (card.answers, card.entries) != (len(facts.mean), facts.thin.in_features):
        raise ModelError("the card is of other answers", value=card.name, remedy="State their own sizes.")
    return network_bytes(facts, card, KIND)


def read_answers(path: Path, digests: tuple[str, str] | None = None) -> tuple[AnswerFacts, AnswersCard]:
    """The statistics in a file, which is taken for hostile.

    Args:
        path: The file.
        digests: Of both halves of the split network that they must be of, the edge's first; None for any.

    Raises:
        ModelError: If the file is missing, damaged, of another kind or version, unlike its card, or belongs to
            another network.
    """
    facts, card = read_network(path, KIND, AnswersCard, _build)
    if digests is not None and (card.encoder_digest, card.cloud_digest) != digests:
        raise ModelError(
            "the answers' statistics belong to another split network",
            value=f"digest {card.encoder_digest[:12]}, expected {digests[0][:12]}",
            place=path,
            remedy="`masquerade encoder answers` learns those of this one.",
        )
    if not bool((facts.deviation > 0).all()):
        raise ModelError("an answer that never differs", place=path, remedy="Learn from other photos.")
    return facts, card


def _build(card: AnswersCard) -> AnswerFacts:
    return AnswerFacts(card.answers, card.entries)
