"""Trained networks of Crafter with the name and digest that tell them from others; they are public."""

from abc import ABC
from dataclasses import dataclass
from typing import Self, TypeVar, final

from torch import nn

from masquerade.crafting.generator_file import FaceGenerator
from masquerade.crafting.split_file import cloud_digest, split_digest
from masquerade.crafting.task.answers_file import AnswerFacts
from masquerade.crafting.task.bank_file import FeatureBank
from masquerade.files.tensors import digest_of
from masquerade.networks.features.amortiser import Amortiser
from masquerade.networks.features.feature_crafter import FeatureCrafter
from masquerade.networks.features.split import SplitNetwork

SomeNetwork = TypeVar("SomeNetwork", bound=nn.Module)


@dataclass(frozen=True, eq=False, repr=False)
class Trained(ABC):
    """A network that everybody has; equal to another of its kind if the digest is. Subclasses are final.

    Args:
        name: What messages call it.
        digest: SHA-256 over all that decides its results, 64 hexadecimal digits.
    """

    name: str
    digest: str

    @final
    def describe(self) -> dict[str, str]:
        """Name and digest: enough to find it again, and to notice if it is another."""
        return {"name": self.name, "digest": self.digest}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Trained) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.digest[:12]})"


@final
@dataclass(frozen=True, eq=False, repr=False)
class TrainedSplit(Trained):
    """An encoder for the edge with the cloud's half; the digest is of the edge's half.

    Args:
        network: The split network, frozen.
        attributes: Names of what the cloud's half tells; empty if nobody wrote them down.
    """

    network: SplitNetwork
    attributes: tuple[str, ...] = ()

    @property
    def cloud_digest(self) -> str:
        """SHA-256 over the cloud's half, 64 hexadecimal digits: two may share an encoder and differ in this."""
        return cloud_digest(self.network)

    @classmethod
    def of(cls, name: str, network: SplitNetwork, attributes: tuple[str, ...] = ()) -> Self:
        """Freeze a split network and name it."""
        return cls(name, split_digest(network), _frozen(network), attributes)


@final
@dataclass(frozen=True, eq=False, repr=False)
class TrainedFaceGenerator(Trained):
    """A generator of public faces, and perhaps its critic.

    Args:
        network: The generator, frozen.
    """

    network: FaceGenerator

    @classmethod
    def of(cls, name: str, network: FaceGenerator) -> Self:
        """Freeze a generator and name it."""
        return cls(name, network.digest, _frozen(network))

    @property
    def latents(self) -> int:
        """Numbers of a latent."""
        return self.network.generator.options.latents


@final
@dataclass(frozen=True, eq=False, repr=False)
class TrainedAmortiser(Trained):
    """Features to latents in one pass, for one generator and one encoder.

    Args:
        network: The amortiser, frozen.
    """

    network: Amortiser

    @classmethod
    def of(cls, name: str, network: Amortiser) -> Self:
        """Freeze an amortiser and name it."""
        facts = ("amortiser", network.options.model_dump_json())
        return cls(name, digest_of(facts, network.state_dict()), _frozen(network))


@final
@dataclass(frozen=True, eq=False, repr=False)
class TrainedFeatureCrafter(Trained):
    """Features to crafted features in one pass, for one encoder.

    Args:
        network: The amortised crafter, frozen.
        betas: Least and most weight of utility that it was trained on.
    """

    network: FeatureCrafter
    betas: tuple[float, float]

    @classmethod
    def of(cls, name: str, network: FeatureCrafter, betas: tuple[float, float]) -> Self:
        """Freeze an amortised crafter and name it."""
        facts = ("feature crafter", network.options.model_dump_json())
        return cls(name, digest_of(facts, network.state_dict()), _frozen(network), betas)


@final
@dataclass(frozen=True, eq=False, repr=False)
class TrainedAnswers(Trained):
    """What public photos say of one split network's answers.

    Args:
        network: The statistics, frozen.
    """

    network: AnswerFacts

    @classmethod
    def of(cls, name: str, network: AnswerFacts) -> Self:
        """Freeze statistics and name them."""
        return cls(name, digest_of(("answers",), network.state_dict()), _frozen(network))


@final
@dataclass(frozen=True, eq=False, repr=False)
class TrainedBank(Trained):
    """Public people's features by one encoder.

    Args:
        network: The bank, frozen.
    """

    network: FeatureBank

    @classmethod
    def of(cls, name: str, network: FeatureBank) -> Self:
        """Freeze a bank and name it."""
        return cls(name, digest_of(("feature bank",), network.state_dict()), _frozen(network))


def _frozen(network: SomeNetwork) -> SomeNetwork:
    return network.eval().requires_grad_(False)
