"""What is trained: MaskNets under a classifier, drawn from a hypernetwork or one of its own."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, final

import torch
from torch import Generator, Tensor, nn

from masquerade.networks.cloaks.hypernet import LATENTS, HyperNet
from masquerade.networks.cloaks.masknet import MaskNet, MaskNetStructure, stacked_features, structure
from masquerade.training.hyperobf.loss import diversity_loss, fresh_scales, weight_variance
from masquerade.training.hyperobf.settings import HyperObfSettings, SeparateSettings


class Learner(nn.Module, ABC):
    """MaskNets and their classifier, as a training loop sees them; subclasses are final.

    Args:
        sizes: Those of the MaskNets.
        classes: People.
    """

    def __init__(self, sizes: MaskNetStructure, classes: int) -> None:
        super().__init__()
        self.structure = sizes
        self.classifier = nn.Linear(sizes.features, classes)

    @abstractmethod
    def drawn(self, random: Generator) -> Mapping[str, Tensor]:
        """Weights ``(b, *shape)`` of the MaskNets of one training step, by name."""

    @abstractmethod
    def variance(self, weights: Mapping[str, Tensor]) -> Tensor:
        """How much the weights of one step's MaskNets differ; 0 of one."""

    @abstractmethod
    def penalty(self, variance: Tensor) -> Tensor:
        """What is added to the cross-entropy."""

    @abstractmethod
    def groups(self) -> list[dict[str, Any]]:
        """Parameters by their learning rates, for an optimiser."""

    @abstractmethod
    def probes(self, count: int) -> list[MaskNet]:
        """MaskNets to measure with, always those of the same latents; at most ``count``."""

    def dropped(self, features: Tensor, random: Generator) -> Tensor:
        """Features as the classifier sees them in training."""
        del random
        return features

    @final
    def answers(self, images: Tensor, random: Generator, *, bfloat16: bool) -> tuple[Tensor, Tensor, Tensor]:
        """One training step's answers.

        Args:
            images: float32 ``(n, 3, size, size)``, values 0 to 255.
            random: Where latents and dropout come from.
            bfloat16: Whether the MaskNets' layers run in bfloat16.

        Returns:
            Scores ``(b, n, classes)``, what is added to the loss, and the variance of the drawn weights.
        """
        weights = self.drawn(random)
        with torch.autocast(images.device.type, torch.bfloat16, enabled=bfloat16):
            features = stacked_features(self.structure, weights, images)
            scores = self.classifier(self.dropped(features, random))
        variance = self.variance(weights)
        return scores.float(), self.penalty(variance), variance.detach()


@final
class HyperLearner(Learner):
    """A hypernetwork, and the classifier that all its MaskNets share.

    Args:
        settings: Sizes, loss and rates.
        classes: People.
    """

    def __init__(self, settings: HyperObfSettings, classes: int) -> None:
        network = HyperNet(settings.hypernet)
        super().__init__(network.structure, classes)
        self.hypernet = network
        self.settings = settings
        self.scales = fresh_scales(network.structure) if settings.scaled else None

    def drawn(self, random: Generator) -> Mapping[str, Tensor]:
        """MaskNets of fresh latents."""
        latents = torch.randn(self.settings.nets, LATENTS, generator=random)
        weights: Mapping[str, Tensor] = self.hypernet(latents.to(self.classifier.weight.device))
        return weights

    def variance(self, weights: Mapping[str, Tensor]) -> Tensor:
        """As in the loss."""
        return weight_variance(weights, self.scales)

    def penalty(self, variance: Tensor) -> Tensor:
        """The diversity's loss."""
        return diversity_loss(variance, self.settings.weight, self.settings.threshold)

    def groups(self) -> list[dict[str, Any]]:
        """The shared parts at the fit's rate, mixer and generators at their own."""
        shared = [*self.hypernet.base().values(), *self.classifier.parameters()]
        known = {id(parameter) for parameter in shared}
        others = [parameter for parameter in self.hypernet.parameters() if id(parameter) not in known]
        return [
            {"params": shared, "lr": self.settings.fit.learning_rate},
            {"params": others, "lr": self.settings.generator_rate},
        ]

    def probes(self, count: int) -> list[MaskNet]:
        """MaskNets of latents that are the same in every measurement."""
        latents = torch.randn(count, LATENTS, generator=Generator().manual_seed(count))
        return list(self.hypernet.stream(latents.to(self.classifier.weight.device)))


@final
class SeparateLearner(Learner):
    """One MaskNet with a classifier of its own.

    Args:
        settings: Sizes, dropout and rates.
        classes: People.
    """

    def __init__(self, settings: SeparateSettings, classes: int) -> None:
        found = structure(settings.structure, settings.size)
        super().__init__(found, classes)
        self.settings = settings
        scales = fresh_scales(found)
        self.weights = nn.ParameterDict(
            {name: nn.Parameter(scales[name] * torch.randn(shape)) for name, shape in found.shapes().items()}
        )

    def drawn(self, random: Generator) -> Mapping[str, Tensor]:
        """The one MaskNet."""
        del random
        return {name: weight.unsqueeze(0) for name, weight in self.weights.items()}

    def variance(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Of one net, 0."""
        return weights["fc"].new_zeros(())

    def penalty(self, variance: Tensor) -> Tensor:
        """Nothing."""
        return variance

    def groups(self) -> list[dict[str, Any]]:
        """Everything at one rate."""
        return [{"params": list(self.parameters()), "lr": self.settings.fit.learning_rate}]

    def probes(self, count: int) -> list[MaskNet]:
        """The one MaskNet, a copy."""
        del count
        return [self.masknet()]

    def masknet(self) -> MaskNet:
        """The MaskNet as it is now, a copy."""
        return MaskNet(
            self.structure, {name: weight.detach().clone() for name, weight in self.weights.items()}
        )

    def dropped(self, features: Tensor, random: Generator) -> Tensor:
        """Features, some of them set to 0 and the others scaled up."""
        if not self.settings.dropout:
            return features
        kept = torch.rand(features.shape, generator=random).to(features.device) >= self.settings.dropout
        return features * kept / (1 - self.settings.dropout)
