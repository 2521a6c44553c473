"""Train the protective encoders that Crafter is compared with.

    python studies/train_crafter_baselines.py DATA [OUT] [--seed N] [--only NAME ...]

All begin with split-1 and learn from CelebA's public people alone, those whom studies do not hold back; the published
code trains Adversarial Learning on private people's photos. Trainings are short, about 300 steps each: they tell what
a setting does to the same network, not how far a method gets in 500 epochs. Writes OUT/crafter-NAME.safetensors for
each name; a file that is there is left alone, a training that was stopped goes on.

* adversarial-0, the control: the same training, trade-off 0. Then the published trade-offs under the published weight,
  and under weight 100.
* disco, by the published threshold, also under the other published trade-offs; disco-between, by one midway between
  what goes and what stays; disco-between-100 under weight 100.
* tiprdc, and under the other published trade-offs: the extractor, and a cloud's half trained on its features.
* public-only: split-1's encoder; a cloud's half trained on the features of photos that have one attribute.
"""

import argparse
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any

import torch
from torch import Tensor

from masquerade.audit.scenes.private_people import PrivatePeople, private_people
from masquerade.audit.studies.study import DataSpec
from masquerade.crafting.shipped import open_split
from masquerade.crafting.split_file import SplitCard, split_bytes
from masquerade.data import packs
from masquerade.files.durable import write_durably
from masquerade.networks.features.channel_pruner import PrunerOptions
from masquerade.networks.features.split import SplitNetwork
from masquerade.training.crafter.adversarial import AdversarialSettings, train_adversarial
from masquerade.training.crafter.attributed_photos import AttributedPhotos, as_images
from masquerade.training.crafter.decoder_adversary import OpponentSettings
from masquerade.training.crafter.disco import DiscoSettings, train_disco
from masquerade.training.crafter.server_half import CloudHalfSettings, train_cloud_half, without_contrast
from masquerade.training.crafter.tiprdc import TiprdcSettings, train_tiprdc
from masquerade.training.resumable import Upkeep

SIDE, PRIVATE, WITHOUT = 64, 60, "Male"
BATCH, EPOCHS = 32, 5
DATA = DataSpec(source="celeba", height=SIDE, width=SIDE, mode="RGB", private=PRIVATE, test_share=0.5)
LICENCE = "Weights: non-commercial research. Photos: CelebA, non-commercial research."
_PART = 64
Job = Callable[[Path, int, Upkeep], tuple[SplitNetwork, dict[str, Any]]]


@cache
def people(data: Path) -> PrivatePeople:
    """Private and public people of CelebA."""
    return private_people(packs.celeba(data, SIDE, SIDE), DATA, data, 0)


@cache
def public(data: Path) -> AttributedPhotos:
    """Public people's photos with their attributes."""
    known = people(data).public_attributes
    assert known is not None  # noqa: S101  (CelebA's are known)
    return AttributedPhotos(people(data).public.images, known.values)


@torch.no_grad()
def features_of(network: SplitNetwork, photos: Tensor) -> Tensor:
    """Features of uint8 photos, part by part."""
    device = torch.device("cpu")
    return torch.cat([network.encode(as_images(part, device)) for part in torch.split(photos, _PART)])


def adversarial(trade_off: float, weight: float = 1.0) -> Job:
    """Adversarial Learning under a trade-off and a weight."""
    settings = AdversarialSettings(
        trade_off=trade_off,
        weight=weight,
        opponent=OpponentSettings(width=8, entry="convolution"),
        epochs=EPOCHS,
        batch_size=BATCH,
    )

    def work(data: Path, seed: int, upkeep: Upkeep) -> tuple[SplitNetwork, dict[str, Any]]:
        learned = public(data)
        network = train_adversarial(_first(), learned, learned.photos, settings, seed, upkeep)
        return network, {"method": "adversarial", **settings.model_dump(mode="json")}

    return work


def disco(pruner: PrunerOptions, weight: float = 1.0, trade_off: float = 0.6) -> Job:
    """Disco with a pruner."""
    settings = DiscoSettings(
        pruner=pruner,
        trade_off=trade_off,
        weight=weight,
        opponent=OpponentSettings(width=8, entry="convolution", error="mean_square", learning_rate=3e-4),
        epochs=EPOCHS,
        batch_size=BATCH,
    )

    def work(data: Path, seed: int, upkeep: Upkeep) -> tuple[SplitNetwork, dict[str, Any]]:
        network = train_disco(_first(), public(data), settings, seed, upkeep)
        return network, {"method": "disco", **settings.model_dump(mode="json")}

    return work


def tiprdc(trade_off: float) -> Job:
    """TIPRDC's extractor, and a cloud's half on its features; the latter is too short to need a checkpoint."""
    settings = TiprdcSettings(trade_off=trade_off, width=16, epochs=2 * EPOCHS, batch_size=2 * BATCH)

    def work(data: Path, seed: int, upkeep: Upkeep) -> tuple[SplitNetwork, dict[str, Any]]:
        learned, cloud = public(data), CloudHalfSettings(epochs=2 * EPOCHS)
        extractor = train_tiprdc(_first(), learned.photos, people(data).public.labels, settings, seed, upkeep)
        features = features_of(extractor, learned.photos)
        network = train_cloud_half(extractor, features, learned.attributes, cloud, seed)
        facts = {
            "method": "tiprdc",
            **settings.model_dump(mode="json"),
            "cloud": cloud.model_dump(mode="json"),
        }
        return network, facts

    return work


def public_only(data: Path, seed: int, upkeep: Upkeep) -> tuple[SplitNetwork, dict[str, Any]]:
    """A cloud's half that saw no private person's features, and no public one without an attribute."""
    learned, cloud = public(data), CloudHalfSettings(epochs=2 * EPOCHS)
    rows = without_contrast(learned.attributes, open_split().attributes.index(WITHOUT))
    features = features_of(_first(), learned.photos[rows])
    network = train_cloud_half(_first(), features, learned.attributes[rows], cloud, seed, upkeep)
    return network, {"method": "public-only", "all have": WITHOUT, **cloud.model_dump(mode="json")}


def _first() -> SplitNetwork:
    return open_split().network


JOBS: Mapping[str, Job] = {
    "adversarial-0": adversarial(0.0),
    "adversarial-0.5-100": adversarial(0.5, 100.0),
    "adversarial-0.5": adversarial(0.5),
    "disco": disco(PrunerOptions(width=32)),
    "disco-between": disco(PrunerOptions(width=32, threshold="between")),
    "public-only": public_only,
    "tiprdc": tiprdc(0.5),
    "adversarial-0.1-100": adversarial(0.1, 100.0),
    "adversarial-0.8-100": adversarial(0.8, 100.0),
    "disco-0.2": disco(PrunerOptions(width=32), trade_off=0.2),
    "disco-0.8": disco(PrunerOptions(width=32), trade_off=0.8),
    "tiprdc-0.1": tiprdc(0.1),
    "tiprdc-0.8": tiprdc(0.8),
    "adversarial-0.1": adversarial(0.1),
    "adversarial-0.8": adversarial(0.8),
    "disco-between-100": disco(PrunerOptions(width=32, threshold="between"), 100.0),
}


def path_of(out: Path, name: str) -> Path:
    """The file of a network."""
    return out / f"crafter-{name}.safetensors"


def train(data: Path, path: Path, name: str, seed: int) -> None:
    """One training, written at its end."""

    def told(done: int, total: int, loss: float) -> None:
        if done % 25 == 0 or done == total:
            print(f"{name}: {done} of {total}, loss {loss:.4f}, {process_time():.0f} s", flush=True)

    checkpoint = path.with_name(f"{path.name}.checkpoint")
    network, facts = JOBS[name](data, seed, Upkeep(checkpoint, told))
    card = SplitCard(
        name=path.stem,
        training={**facts, "seed": seed, "first": open_split().describe()},
        photos=len(public(data)),
        people=len(people(data).public.names),
        licence=LICENCE,
        network=network.options,
        attributes=open_split().attributes,
    )
    write_durably(path, [split_bytes(network, card)])
    checkpoint.unlink(missing_ok=True)


def main() -> None:
    """Train what is not there yet."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("data", type=Path)
    asked.add_argument("out", type=Path, nargs="?", default=Path("studies/models"))
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--only", nargs="*", choices=JOBS, default=list(JOBS))
    args = asked.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.only:
        if not path_of(args.out, name).exists():
            train(args.data, path_of(args.out, name), name, args.seed)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
