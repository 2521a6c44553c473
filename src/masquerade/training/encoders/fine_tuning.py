"""Fine-tuning of a ResNet on few people: all its weights move, as in the HyperObf thesis (section 5.1)."""

from collections.abc import Callable
from typing import Any, final

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from masquerade.errors import TrainingDiverged, UsageError
from masquerade.networks.resnet import ResNet18, ResNet18Options
from masquerade.training.inference import embeddings

_HEAD_RATE = 10.0
"""How much faster the last layer learns, which is new."""


@final
class FineTuning(BaseModel):
    """How a network is fine-tuned.

    Args:
        epochs: Passes over the people.
        each: Photos of each person in a pass, drawn with replacement where there are fewer: people count alike.
        batch_size: Photos in a batch; the thesis has 16.
        learning_rate: Adam's for the body; the thesis has 1e-4 with many more passes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(3, ge=0, le=10_000)
    each: int = Field(10, ge=1, le=10_000)
    batch_size: int = Field(16, ge=2, le=4096)
    learning_rate: float = Field(5e-4, gt=0, le=1)


def with_classes(body: ResNet18, classes: int) -> ResNet18:
    """A copy of a network with a new last layer for so many classes, linear in the features, zero at first.

    Raises:
        UsageError: If the body has no options of a ResNet.
    """
    options = body.options
    if not isinstance(options, ResNet18Options):
        raise UsageError("only a ResNet is fine-tuned here", value=body.name)
    with torch.random.fork_rng(devices=[]):  # weights are drawn only to be replaced
        network = ResNet18(body.shape, classes, options.model_copy(update={"head": "linear"}))
    state = {name: t for name, t in body.state_dict().items() if not name.startswith("head.")}
    network.load_state_dict(state, strict=False)
    last = _last(network)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return network


def with_one_more(learnt: ResNet18, images: Tensor, labels: Tensor) -> ResNet18:
    """A copy of a classifier with one class more, which begins where its photos lie in the feature space.

    The new class's direction is the mean of its features, less that of all classes, as long as the others are
    on average; so few passes teach it as well as the classes that were learnt for longer.

    Args:
        learnt: A classifier of ``k`` classes that ``with_classes`` made.
        images: Photos of all classes ``(n, 3, h, w)``.
        labels: Class of each; ``k`` is the new one.
    """
    before = _last(learnt)
    k = before.out_features
    network = with_classes(learnt, k + 1)
    last = _last(network)
    features = embeddings(learnt, images)
    means = torch.stack([features[labels == label].mean(0) for label in range(k + 1)])
    direction = functional.normalize(means[k] - means.mean(0), dim=0)
    with torch.no_grad():
        last.weight[:k], last.bias[:k] = before.weight, before.bias
        last.weight[k] = direction * before.weight.norm(dim=1).mean()
        last.bias[k] = (
            -(last.weight[k] @ means.mean(0)) + (before.weight @ means.mean(0) + before.bias).mean()
        )
    return network


def _last(network: ResNet18) -> nn.Linear:
    assert isinstance(network.head, nn.Sequential)  # noqa: S101  (as ResNet18 makes it)
    last = network.head[-1]
    assert isinstance(last, nn.Linear)  # noqa: S101  (as with_classes asks for)
    return last


def fine_tune(
    network: ResNet18,
    images: Tensor,
    labels: Tensor,
    how: FineTuning,
    rng: np.random.Generator,
    change: Callable[[Tensor], Tensor] | None = None,
) -> ResNet18:
    """Train all weights of a network; it is changed in place.

    Args:
        network: The network, on the processor.
        images: ``(n, 3, h, w)``, values 0 to 255.
        labels: Class of each, int64 ``(n,)``, numbered from 0; half of the photos are mirrored.
        how: How to train.
        rng: Draws photos and mirrors.
        change: Applied to each batch of photos: an augmentation.

    Returns:
        The network, in evaluation mode.

    Raises:
        TrainingDiverged: If the loss, or a weight, is not a finite number.
    """
    network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    head = list(network.head.parameters())
    body = [p for name, p in network.named_parameters() if not name.startswith("head.")]
    groups: list[dict[str, Any]] = [{"params": body}, {"params": head, "lr": _HEAD_RATE * how.learning_rate}]
    adam = torch.optim.Adam(groups, how.learning_rate)
    for _ in range(how.epochs):
        for rows in _batches(labels, how, rng):
            batch = images[rows].float()
            mirrored = torch.from_numpy(rng.random((len(rows), 1, 1, 1)) < 0.5)
            batch = torch.where(mirrored, batch.flip(3), batch)
            batch = change(batch) if change else batch
            scores = network(batch.contiguous(memory_format=torch.channels_last))
            loss = functional.cross_entropy(scores, labels[rows])
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
    if not all(bool(p.isfinite().all()) for p in network.parameters()):
        raise TrainingDiverged(
            "training diverged: a weight is not a finite number", remedy="Lower learning_rate."
        )
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return network.eval()


def _batches(labels: Tensor, how: FineTuning, rng: np.random.Generator) -> list[Tensor]:
    """Rows of the batches of one pass."""
    drawn = []
    for label in torch.unique(labels).tolist():
        rows = (labels == label).nonzero().flatten().numpy()
        drawn.append(rng.choice(rows, how.each, replace=len(rows) < how.each))
    order = torch.from_numpy(rng.permutation(np.concatenate(drawn)))
    return [rows for rows in torch.split(order, how.batch_size) if len(rows) > 1]
