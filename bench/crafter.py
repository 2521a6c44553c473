"""Crafter: the recipes beside the paper's algorithm, and memory over batches."""

from collections.abc import Iterator
from time import process_time

import torch
from torch import Tensor

from bench.measure import Row, peak_of
from masquerade.crafting.craft import Crafted, craft
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.crafting.settings import CraftSettings
from masquerade.crafting.shipped import amortiser_for, open_generator, open_split
from masquerade.keys import Key
from masquerade.recipes import recipe
from masquerade.recipes.crafter import LAPTOP

PHOTOS, POOL = 4, 32
TAKEN = 1
"""Iterations of the paper's algorithm that are timed; the rest would take half an hour."""
FEWEST, MOST = 1, 4
MANY = 64
"""Batches of the two jobs whose memory is compared."""
PAPER = CraftSettings(solver="neumann")
PARTS = ("inversion", "inverse Hessian product", "critic", "rest")
"""Table VII has no critic: it is in the rest there."""


def rows() -> Iterator[Row]:
    """All rows; each is measured when it is asked for."""
    fast = CraftSettings.model_validate(LAPTOP)
    critic = fast.adversary
    few = PAPER.model_copy(update={"iterations": TAKEN, "adversary": critic})
    crafted, slow = measured(few, plain=True)
    longer = PAPER.iterations / TAKEN
    slow *= longer
    yield Row(
        "crafter.neumann",
        slow,
        "s/photo",
        f"the paper's {PAPER.series.terms} terms and {PAPER.iterations} iterations, extrapolated from {TAKEN}; "
        f"a critic of width {critic.width} and {critic.steps} steps, as the recipe's",
        None,
        None,
    )
    yield from _split("crafter.neumann", crafted, slow)
    crafted, seconds = measured(fast)
    taken = len(crafted.log)
    yield Row(
        "crafter.fast",
        seconds,
        "s/photo",
        f"crafter.neumann; {taken} iterations in batches of {PHOTOS}",
        seconds / slow,
        1 / 20,
    )
    yield Row(
        "crafter.fast.iteration",
        seconds / taken,
        "s/photo",
        "an iteration of crafter.neumann; with the start's share",
        seconds / taken / (slow / PAPER.iterations),
        None,
    )
    yield from _split("crafter.fast", crafted, seconds)
    yield amortised(slow)
    yield _memory()


def measured(settings: CraftSettings, *, plain: bool = False, seed: int = 0) -> tuple[Crafted, float]:
    """Craft one batch of the generator's own faces, with features that no latent explains; seconds a photo."""
    generator, split = open_generator(), open_split()
    rebuild = LatentDecoder(generator.network, split.network, generator.latents, plain=plain)
    amortiser = amortiser_for(generator, split)
    assert amortiser is not None
    draws = torch.Generator().manual_seed(seed)
    originals = _originals(rebuild, draws)
    pool = torch.randn(POOL, rebuild.latents, generator=draws)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    started = process_time()
    try:
        crafted = craft(originals, rebuild, settings, pool=pool, start=amortiser.network, random=draws)
    finally:
        torch.set_num_threads(threads)
    return crafted, (process_time() - started) / PHOTOS


def amortised(slow: float) -> Row:
    """One pass of the shipped network with the photo's encoding, beside seconds a photo of the paper's way."""
    keyed = recipe("crafter-amortised").whole().with_key(Key.from_secret(bytes(32)), (3, 64, 64))
    photos = torch.randint(0, 256, (MANY, 3, 64, 64), generator=torch.Generator().manual_seed(0)).byte()
    keyed(photos)  # the first call is slower
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    started = process_time()
    try:
        keyed(photos)
    finally:
        torch.set_num_threads(threads)
    seconds = (process_time() - started) / MANY
    return Row(
        "crafter.amortised",
        1e3 * seconds,
        "ms/photo",
        f"crafter.neumann; batches of {MANY}, one thread",
        seconds / slow,
        1 / 1000,
    )


@torch.no_grad()
def _originals(rebuild: LatentDecoder, draws: torch.Generator) -> Tensor:
    features = rebuild.features(torch.randn(PHOTOS, rebuild.latents, generator=draws))
    return features + features.std() * torch.randn(features.shape, generator=draws) / 2


def _split(name: str, crafted: Crafted, whole: float) -> Iterator[Row]:
    """Table VII's split of the processor's seconds a photo, by shares of the time that passed."""
    passed = sum(crafted.seconds.values())
    for part in PARTS:
        seconds = crafted.seconds.get(part, 0.0) / passed * whole
        yield Row(
            f"{name}.{part.replace(' ', '_')}", seconds, "s/photo", "by its share of passing time", None, None
        )


def _memory() -> Row:
    """Peak memory of crafting several batches in turn against one."""
    few, many = peak_of("bench.crafter_memory", FEWEST), peak_of("bench.crafter_memory", MOST)
    return Row(f"crafter.memory.{MOST}", many, "MiB", f"peak memory for {FEWEST} batch", many / few, 1.1)
