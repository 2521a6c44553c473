"""The hypernetwork: a latent in, the weights of one MaskNet out (HyperObf, section 4.2).

As published: a mixer that turns the latent into one code for each layer, and a generator for each layer. Other
than published: layer norm instead of batch norm, so that a MaskNet does not depend on what is drawn beside it; a
learned base that all MaskNets share; and a full layer of low rank around its base, where the published generator
of that layer alone has 537 million parameters.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from masquerade.errors import UsageError
from masquerade.networks.cloaks.masknet import SLOPE, MaskNet, MaskNetStructure, structure
from masquerade.networks.cloaks.weight_generators import ConvolutionGenerator, FullLayerGenerator

LATENTS: Final = 256
"""Numbers of a latent, standard normal."""
LARGEST: Final = 20_000_000
"""Most parameters of a hypernetwork; the default has 2.3 million."""


@final
class HyperNetOptions(BaseModel):
    """What can be chosen about a hypernetwork.

    Args:
        structure: Name of the structure of its MaskNets.
        size: Height and width of the images that they look at.
        mixer: Width of the mixer.
        code: Numbers that the mixer gives to each generator.
        hidden: Width of the generators.
        rank: Rank of what is added to the full layer's base.
        gain_rank: Rank of the gains that the base is multiplied by, entry by entry; 0 for none. What is added
            lies in few directions, whereas a gained base differs between MaskNets in all of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    structure: str = Field("masknet-1", max_length=40)
    size: int = Field(112, ge=16, le=1024)
    mixer: int = Field(256, ge=1, le=4096)
    code: int = Field(64, ge=1, le=4096)
    hidden: int = Field(64, ge=1, le=4096)
    rank: int = Field(8, ge=1, le=256)
    gain_rank: int = Field(4, ge=0, le=256)

    def masknet(self) -> MaskNetStructure:
        """The structure of its MaskNets.

        Raises:
            UsageError: If there is none of that name and size.
        """
        return structure(self.structure, self.size)


@final
class HyperNet(nn.Module):
    """Latents to MaskNets; fresh weights are of He's scale, so that even untrained it gives live features.

    Args:
        options: Its sizes.

    Raises:
        UsageError: If it would have more than 20 million parameters, or the structure is unknown.
    """

    def __init__(self, options: HyperNetOptions) -> None:
        super().__init__()
        self.options = options
        self.structure = options.masknet()
        with torch.device("meta"):
            self._build()
        _require_small(self)
        self._build()

    def forward(self, latents: Tensor) -> dict[str, Tensor]:
        """Weights of many MaskNets, for training; other bits than ``generate`` gives, by rounding.

        Args:
            latents: ``(b, 256)``, standard normal.

        Returns:
            ``(b, *shape)`` for each name of the structure.

        Raises:
            UsageError: If the latents have another shape.
        """
        _require_latents(latents)
        codes = self.mixer(latents).unflatten(1, (len(self.generators), -1)).unbind(1)
        return {
            name: generator(code)
            for (name, generator), code in zip(self.generators.items(), codes, strict=True)
        }

    @torch.no_grad()
    def generate(self, latent: Tensor) -> MaskNet:
        """The MaskNet of one latent, the same bits whatever is drawn before, after or beside it.

        The order of sums, and so the last bits, may depend on the number of rows and of threads, and on where in
        memory the numbers lie: so every MaskNet is computed alone, on one thread, from numbers in aligned places
        (``align``). Processors of another kind may round otherwise. It takes about a millisecond.

        Args:
            latent: ``(256,)``, standard normal.

        Raises:
            UsageError: If the latent has another shape.
        """
        with _one_thread():
            weights = self.forward(latent.clone().unsqueeze(0))
        return MaskNet(self.structure, {name: tensor[0] for name, tensor in weights.items()})

    def stream(self, latents: Tensor) -> Iterator[MaskNet]:
        """The MaskNets of many latents, one after the other, each as ``generate`` gives it.

        No more than one is held: 10,000 of the default ones together would take 16 GB.

        Args:
            latents: ``(b, 256)``.

        Raises:
            UsageError: If the latents have another shape.
        """
        _require_latents(latents)
        return (self.generate(latents[i]) for i in range(len(latents)))

    def align(self) -> "HyperNet":
        """Itself, parameters moved to memory of torch's own, where all its allocations are aligned alike.

        Parameters that were read from elsewhere may lie at other addresses, which changes last bits.
        """
        for parameter in self.parameters():
            parameter.data = parameter.data.clone()
        return self

    def base(self) -> Mapping[str, Tensor]:
        """The weights that all MaskNets vary around, by name; parameters, for an optimiser of their own."""
        return {name: generator.get_parameter("base") for name, generator in self.generators.items()}

    def _build(self) -> None:
        options, shapes = self.options, self.structure.shapes()
        self.mixer = nn.Sequential(
            *normed_layer(LATENTS, options.mixer),
            *normed_layer(options.mixer, options.mixer),
            nn.Linear(options.mixer, options.code * len(shapes)),
        )
        self.generators = nn.ModuleDict({name: _generator(options, shape) for name, shape in shapes.items()})


def _generator(options: HyperNetOptions, shape: tuple[int, ...]) -> nn.Module:
    inside = nn.Sequential(
        *normed_layer(options.code, options.hidden), *normed_layer(options.hidden, options.hidden)
    )
    if len(shape) > 2:
        return ConvolutionGenerator(inside, options.hidden, shape)
    return FullLayerGenerator(inside, options.hidden, shape, options.rank, options.gain_rank)


def normed_layer(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    """A linear layer, layer norm and leaky ReLU."""
    return nn.Linear(inputs, outputs), nn.LayerNorm(outputs), nn.LeakyReLU(SLOPE)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Whatever this thread computes, without others: they cost more than they bring to so little work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _require_small(network: nn.Module) -> None:
    count = sum(parameter.numel() for parameter in network.parameters())
    if count > LARGEST:
        raise UsageError(
            "a hypernetwork of too many parameters",
            value=f"{count:,}, at most {LARGEST:,}",
            remedy="Take smaller images, a lower rank or a smaller hidden width.",
        )


def _require_latents(latents: Tensor) -> None:
    if latents.ndim != 2 or latents.shape[1] != LATENTS:
        raise UsageError(
            "latents of another shape",
            value=tuple(latents.shape),
            remedy=f"Give {LATENTS} numbers for each MaskNet.",
        )
