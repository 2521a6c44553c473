"""Train Crafter's networks that ship with masquerade, and another generator for attackers.

    python studies/train_crafter.py DATA OUT [--only NAME ...]

DATA holds LFW and the CelebA pack (see docs on data sets). Nobody is learned from whom a study protects: of LFW the
people with fewer than 20 photos count, of CelebA those whom ``celeba.held_back`` does not name. Writes
OUT/NAME.safetensors for each name, all by default; a file that is there is left alone, a training that was stopped
goes on. They need each other in this order: amortiser-1 and crafter-1 belong to faces-1 and split-1 in OUT.

* faces-1: about 70 minutes of one processor thread; its critic is in the file.
* split-1: the settings of `masquerade encoder train`, in bfloat16; about one minute.
* amortiser-1: about a minute and a half.
* crafter-1: some minutes of one processor thread.
* faces-style: a generator that attackers take in the place of faces-1 (attack A2), with a mapping network and modulated
  convolutions (Karras et al. 2020), far smaller than theirs; about 35 minutes.
* faces-g2: likewise, the paper's second structure, first maps of 4x4, other latents and width. It does not ship.

The attackers' generators are trained far shorter than faces-1, so that what they fail to rebuild is no proof that
nobody's would.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time
from typing import Any

import torch
from torch import Tensor

from masquerade.crafting.amortiser_file import AmortiserCard, amortiser_bytes
from masquerade.crafting.feature_crafter_file import FeatureCrafterCard, feature_crafter_bytes
from masquerade.crafting.generator_file import FaceGenerator, FaceGeneratorCard, face_generator_bytes
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.crafting.shipped import open_generator, open_split
from masquerade.crafting.split_file import SplitCard, split_bytes
from masquerade.data import celeba, packs
from masquerade.files.durable import write_durably
from masquerade.networks.features.split import SplitOptions
from masquerade.networks.features.style_generator import StyleGeneratorOptions
from masquerade.networks.features.wgan_generator import WGANGeneratorOptions
from masquerade.training.crafter.amortised_crafter import AmortisedCrafterSettings, train_amortised_crafter
from masquerade.training.crafter.amortiser import AmortiserSettings, train_amortiser
from masquerade.training.crafter.attributes import AttributeSettings, train_attributes
from masquerade.training.crafter.decoder import DecoderSettings, train_decoder
from masquerade.training.crafter.wgan_gp import WGANSettings, train_wgan
from masquerade.training.resumable import Upkeep

SIDE, SEED, PRIVATE, MANY = 64, 0, 60, 20
"""Pixels; seed; private people of CelebA; photos that make a person of LFW private."""
LFW_LICENCE = "Weights: Apache-2.0. Photos: Labelled Faces in the Wild, distributed for research."
CELEBA_LICENCE = "Weights: non-commercial research. Photos: CelebA, non-commercial research."
AMORTISER_LICENCE = "Weights: non-commercial research, as split-1, whose features it takes."
FACES = WGANSettings(
    generator=WGANGeneratorOptions(latents=128, side=SIDE, width=32),
    critic_width=16,
    steps=9000,
    batch_size=32,
    critic_steps=2,
    learning_rate=3e-4,
    averaging=0.999,
)
STYLES = WGANSettings(
    generator=StyleGeneratorOptions(latents=96, side=SIDE, width=12, most=96),
    critic_width=16,
    steps=3000,
    batch_size=24,
    critic_steps=2,
    learning_rate=1e-3,
    betas=(0.0, 0.99),
    averaging=0.998,
)
SECOND = WGANSettings(
    generator=WGANGeneratorOptions(latents=200, side=SIDE, start=4, width=24),
    critic_width=16,
    steps=4000,
    batch_size=32,
    critic_steps=2,
    learning_rate=3e-4,
    averaging=0.995,
)
SPLIT = AttributeSettings(
    network=SplitOptions(side=SIDE, width=32, attributes=40, dropout=0.3),
    epochs=14,
    batch_size=32,
    shift=4,
    falling=True,
    precision="bfloat16",
)
AMORTISER = AmortiserSettings(
    width=32, steps=480, batch_size=32, learning_rate=2e-3, loss="latents", noise=0.1
)
DECODER = DecoderSettings(width=16, entry="convolution", epochs=12)
CRAFTER = AmortisedCrafterSettings(steps=3000)
CRAFTER_LICENCE = f"{CELEBA_LICENCE} Labelled Faces in the Wild, distributed for research."
Job = Callable[[Path, Path, Upkeep], bytes]


def faces(settings: WGANSettings) -> Job:
    """A generator of public faces and its critic."""

    def work(data: Path, out: Path, upkeep: Upkeep) -> bytes:
        photos, labels = _lfw(data)
        trained = train_wgan(photos, settings, SEED, upkeep)
        card = FaceGeneratorCard(
            name=out.stem,
            generator=trained.generator.options,
            critic=trained.critic.options,
            training=_facts("WGAN-GP", settings.model_dump(mode="json")),
            photos=len(photos),
            people=len(torch.unique(labels)),
            licence=LFW_LICENCE,
        )
        return face_generator_bytes(FaceGenerator(trained.generator, trained.critic), card)

    return work


def split(data: Path, out: Path, upkeep: Upkeep) -> bytes:
    """The encoder on the edge and the cloud's half."""
    photos, labels, public = _celeba(data)
    described = celeba.attributes(data)
    network = train_attributes(photos, described.values[public], SPLIT, SEED, upkeep)
    card = SplitCard(
        name=out.stem,
        network=network.options,
        attributes=described.names,
        training=_facts("attributes", SPLIT.model_dump(mode="json")),
        photos=len(photos),
        people=len(torch.unique(labels)),
        licence=CELEBA_LICENCE,
    )
    return split_bytes(network, card)


def amortiser(data: Path, out: Path, upkeep: Upkeep) -> bytes:
    """Where inversions by the generator and the encoder beside it begin; it needs no photos."""
    del data
    generator, encoder = (
        open_generator(path_of(out.parent, "faces-1")),
        open_split(path_of(out.parent, "split-1")),
    )
    rebuild = LatentDecoder(generator.network, encoder.network, generator.latents)
    trained = train_amortiser(rebuild, AMORTISER, SEED, f"{generator.digest} {encoder.digest}", upkeep)
    card = AmortiserCard(
        name=out.stem,
        amortiser=trained.options,
        generator_digest=generator.digest,
        encoder_digest=encoder.digest,
        training=_facts("amortiser", AMORTISER.model_dump(mode="json")),
        licence=AMORTISER_LICENCE,
    )
    return amortiser_bytes(trained, card)


def crafter(data: Path, out: Path, upkeep: Upkeep) -> bytes:
    """The amortised crafter, against a decoder that begins as one of unprotected features."""
    generator = open_generator(path_of(out.parent, "faces-1"))
    encoder = open_split(path_of(out.parent, "split-1"))
    rebuild = LatentDecoder(generator.network, encoder.network, generator.latents)
    (lfw, theirs), (others, labels, _) = _lfw(data), _celeba(data)
    with torch.no_grad():
        features = torch.cat([rebuild.encode(some.float() / 255) for some in torch.split(others, 64)])
    decoder = train_decoder(features, others, DECODER, SEED)
    photos = torch.cat([lfw, others])
    facts = f"{generator.digest} {encoder.digest}"
    trained = train_amortised_crafter(photos, rebuild, decoder, CRAFTER, SEED, facts, upkeep)
    card = FeatureCrafterCard(
        name=out.stem,
        crafter=trained.options,
        least_beta=CRAFTER.least_beta,
        most_beta=CRAFTER.most_beta,
        generator_digest=generator.digest,
        encoder_digest=encoder.digest,
        training=_facts("amortised crafter", CRAFTER.model_dump(mode="json")),
        photos=len(photos),
        people=len(torch.unique(theirs)) + len(torch.unique(labels)),
        licence=CRAFTER_LICENCE,
    )
    return feature_crafter_bytes(trained, card)


JOBS: Mapping[str, Job] = {
    "faces-1": faces(FACES),
    "split-1": split,
    "amortiser-1": amortiser,
    "crafter-1": crafter,
    "faces-style": faces(STYLES),
    "faces-g2": faces(SECOND),
}


def path_of(out: Path, name: str) -> Path:
    """The file of a network."""
    return out / f"{name}.safetensors"


def train(data: Path, out: Path, name: str) -> None:
    """One training, written at its end."""
    path = path_of(out, name)

    def told(done: int, total: int, loss: float) -> None:
        if done % 20 == 0 or done == total:
            print(f"{name}: {done} of {total}, loss {loss:.4f}, {process_time():.0f} s", flush=True)

    checkpoint = path.with_name(f"{path.name}.checkpoint")
    write_durably(path, [JOBS[name](data, path, Upkeep(checkpoint, told))])
    checkpoint.unlink(missing_ok=True)


def _lfw(data: Path) -> tuple[Tensor, Tensor]:
    """Photos of LFW's people with few, and whose they are."""
    everybody = packs.lfw(data, SIDE, SIDE, "RGB")
    few = (torch.bincount(everybody.labels) < MANY)[everybody.labels]
    return everybody.images[few].contiguous(), everybody.labels[few]


def _celeba(data: Path) -> tuple[Tensor, Tensor, Tensor]:
    """Photos of CelebA's people who are not held back, whose they are, and which of all."""
    everybody, held = packs.celeba(data, SIDE, SIDE), celeba.held_back(data, PRIVATE)
    public = torch.tensor([name not in held for name in everybody.names])[everybody.labels]
    return everybody.images[public].contiguous(), everybody.labels[public], public


def _facts(method: str, settings: dict[str, Any]) -> dict[str, Any]:
    return {"method": method, "seed": SEED, **settings}


def main() -> None:
    """Train what is not there yet."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("data", type=Path)
    asked.add_argument("out", type=Path)
    asked.add_argument("--only", nargs="+", choices=JOBS, default=list(JOBS))
    args = asked.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.only:
        if not path_of(args.out, name).exists():
            train(args.data, args.out, name)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
