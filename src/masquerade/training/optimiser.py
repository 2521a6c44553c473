"""The optimiser that settings name, with weight decay on the parameters they name."""

from torch import nn
from torch.optim import SGD, AdamW, Optimizer, RMSprop

from masquerade.training.settings import Settings


def optimiser(network: nn.Module, settings: Settings) -> Optimizer:
    """An optimiser over all parameters of ``network``, in two groups: with and without decay."""
    decayed = _decayed(network, settings.decay_on)
    groups = [
        {
            "params": [p for p in network.parameters() if id(p) in decayed],
            "weight_decay": settings.weight_decay,
        },
        {"params": [p for p in network.parameters() if id(p) not in decayed], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    rate = settings.learning_rate
    match settings.optimiser:
        case "sgd":
            return SGD(groups, lr=rate, momentum=settings.momentum, nesterov=settings.momentum > 0)
        case "rmsprop":
            return RMSprop(groups, lr=rate, alpha=0.9)
        case "adamw":
            return AdamW(groups, lr=rate)


def _decayed(network: nn.Module, decay_on: str) -> set[int]:
    if decay_on == "dense":
        dense = (module for module in network.modules() if isinstance(module, nn.Linear))
        return {id(p) for module in dense for p in module.parameters()}
    return {id(p) for p in network.parameters() if decay_on == "all" or p.ndim > 1}
