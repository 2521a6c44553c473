"""A split network's answers in a few numbers, in closed form: learnt on public photos, told again in the cloud."""

import json
from collections.abc import Sequence
from copy import deepcopy
from hashlib import sha256
from typing import Final, Literal

import torch
from torch import Tensor

from masquerade.crafting.task.answers_file import AnswerFacts
from masquerade.crafting.task.bank_file import FeatureBank
from masquerade.crafting.trained import TrainedAnswers, TrainedSplit
from masquerade.errors import UsageError
from masquerade.networks.features.split import SplitNetwork
from masquerade.networks.features.split_registry import build_split
from masquerade.networks.features.task_code import CodeOptions, leading

RADIUS: Final = 1.5
"""Of the ball, in root mean squares of public codes; it is 1 after scaling. Few photos lie outside."""
RIDGE: Final = 1.0
"""On the diagonal of the thin matrix's regression, as a share of the mean variance times the number of features."""
_PART: Final = 64


@torch.no_grad()
def learn_answers(split: SplitNetwork, photos: Tensor) -> AnswerFacts:
    """Mean, deviation and correlation of the logits of public photos, and the matrix from features to them.

    Args:
        split: The network, without a code of its own.
        photos: uint8 ``(n, 3, side, side)``, public people's, two or more.

    Raises:
        UsageError: If an answer is the same on all of them, or there are too few.
    """
    features, logits = _seen(split, photos)
    mean, deviation = logits.mean(0), logits.std(0)
    if len(photos) < 2 or not bool((deviation > 0).all()):
        raise UsageError(
            "the photos give the same answer throughout",
            value=f"{len(photos)} photos",
            remedy="Give more public photos, of different people.",
        )
    standard = (logits - mean) / deviation
    facts = AnswerFacts(logits.shape[1], features.shape[1])
    facts.mean.copy_(mean)
    facts.deviation.copy_(deviation)
    facts.correlation.copy_(standard.T @ standard / len(standard))
    weights, bias = _ridge(features, standard)
    facts.thin.weight.copy_(weights)
    facts.thin.bias.copy_(bias)
    return facts


@torch.no_grad()
def collect_features(split: SplitNetwork, photos: Tensor) -> FeatureBank:
    """Features of public photos, uint8 ``(n, 3, side, side)``, as a bank."""
    features, _ = _seen(split, photos)
    bank = FeatureBank(*features.shape)
    bank.features.copy_(features)
    return bank


@torch.no_grad()
def coded(
    split: TrainedSplit,
    answers: TrainedAnswers,
    numbers: int = 4,
    source: Literal["answers", "features"] = "answers",
    attributes: Sequence[int] = (),
) -> TrainedSplit:
    """The split network whose edge gives ``numbers`` numbers, and whose cloud tells the answers from them.

    Standardised logits are projected on the leading directions of their correlation; the cloud's half is the linear
    map back that errs least on public photos.

    Args:
        split: The network.
        answers: What public photos say of its answers.
        numbers: How many, ``r``.
        source: Whether the whole network runs on the edge, or one matrix after the encoder.
        attributes: Numbers of the answers that are to be kept; none for all. The others are told as far as these do.

    Raises:
        UsageError: If there are more numbers than answers to keep.
    """
    kept, values, directions, radius = _axes(answers.network, numbers, attributes)
    facts = answers.network
    options = split.network.options.model_copy(update={"code": CodeOptions(numbers=numbers, source=source)})
    with torch.random.fork_rng(devices=[]):
        network = build_split(options)
    network.enc.load_state_dict(deepcopy(split.network.enc.state_dict()))
    if network.pruner is not None and split.network.pruner is not None:
        network.pruner.load_state_dict(deepcopy(split.network.pruner.state_dict()))
    assert network.code is not None  # noqa: S101  (the options say so)
    edge = (directions.T / radius).float()
    if source == "answers":
        network.code.told.load_state_dict(deepcopy(split.network.f.state_dict()))
        network.code.linear.weight.zero_()
        network.code.linear.weight[:, kept] = edge / facts.deviation[kept]
        network.code.linear.bias.copy_(-network.code.linear.weight @ facts.mean)
    else:
        network.code.linear.weight.copy_(edge @ facts.thin.weight[kept])
        network.code.linear.bias.copy_(edge @ facts.thin.bias[kept])
    back = facts.correlation.double()[:, kept] @ directions / values * radius
    told = {"1.weight": facts.deviation[:, None] * back.float(), "1.bias": facts.mean}
    network.f.load_state_dict(told)
    # named by what it is made of, since its last bits differ between processors
    made = [split.digest, answers.digest, numbers, source, list(attributes)]
    digest = sha256(json.dumps(made).encode()).hexdigest()
    return TrainedSplit(
        f"{split.name}-in-{numbers}", digest, network.eval().requires_grad_(False), split.attributes
    )


def spread(answers: TrainedAnswers, numbers: int, attributes: Sequence[int] = ()) -> Tensor:
    """Standard deviation of each number of a code over public photos, ``(r,)``."""
    _, values, _, radius = _axes(answers.network, numbers, attributes)
    return (values.sqrt() / radius).float()


def _axes(
    facts: AnswerFacts, numbers: int, attributes: Sequence[int]
) -> tuple[Tensor, Tensor, Tensor, float]:
    kept = torch.tensor(attributes or range(len(facts.mean)), dtype=torch.int64)
    if not 1 <= numbers <= len(kept):
        raise UsageError(
            "more numbers than answers to keep, or none",
            value=f"{numbers}, at most {len(kept)}",
            place="numbers of a code",
            remedy="Take fewer numbers, or keep more answers.",
        )
    if len(set(attributes)) < len(attributes) or int(kept.max()) >= len(facts.mean) or int(kept.min()) < 0:
        raise UsageError(
            "answers that the network does not give, or one twice",
            value=f"{tuple(attributes)}, of {len(facts.mean)}",
            place="attributes of a code",
            remedy="Name each of the encoder's attributes once.",
        )
    values, directions = leading(facts.correlation.double()[kept][:, kept], numbers)
    return kept, values, directions, RADIUS * float(values.sum().sqrt())


def _seen(split: SplitNetwork, photos: Tensor) -> tuple[Tensor, Tensor]:
    """Features ``(n, d)`` and logits ``(n, a)`` of uint8 photos."""
    features, logits = [], []
    for part in torch.split(photos, _PART):
        maps = split.encode(part.float() / 255)
        features.append(maps.flatten(1))
        logits.append(split.classify(maps))
    return torch.cat(features), torch.cat(logits)


def _ridge(features: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Weights ``(a, d)`` and bias ``(a,)`` of the regression of ``wanted``, in its dual form."""
    centre = features.mean(0)
    rows = (features - centre).double()
    gram = rows @ rows.T
    gram.diagonal().add_(RIDGE * gram.diagonal().mean())
    factor = torch.linalg.cholesky(gram)  # its condition is at most one more than the photos
    weights = (rows.T @ torch.cholesky_solve(wanted.double(), factor)).T.float()
    return weights, -weights @ centre
