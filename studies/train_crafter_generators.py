"""Train the generators that attackers take in the place of Crafter's own (attack A2).

    python studies/train_crafter_generators.py DATA [OUT] [--only NAME ...]

Of the faces that ``faces-1`` learned from: LFW's people with fewer than 20 photos. Writes OUT/NAME.safetensors for each
name; a file that is there is left alone, a training that was stopped goes on. All are trained far shorter than faces-1
(9,000 steps), so that what they fail to rebuild is no proof that nobody's generator would.

* faces-g2: the paper's second structure, first maps of 4x4, other latents and another width.
* faces-style: a mapping network and modulated convolutions (Karras et al. 2020), far smaller than theirs.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from time import process_time

import torch
from torch import Tensor

from masquerade.crafting.generator_file import FaceGenerator, FaceGeneratorCard, face_generator_bytes
from masquerade.data import packs
from masquerade.networks.style_generator import StyleGeneratorOptions
from masquerade.networks.wgan_generator import WGANGeneratorOptions
from masquerade.released.durable import write_durably
from masquerade.training.resumable import Upkeep
from masquerade.training.wgan_gp import WGANSettings, train_wgan

SIDE, SEED, MANY = 64, 0, 20
LICENCE = "Weights: Apache-2.0. Photos: Labelled Faces in the Wild, distributed for research."
JOBS: Mapping[str, WGANSettings] = {
    "faces-g2": WGANSettings(
        generator=WGANGeneratorOptions(latents=200, side=SIDE, start=4, width=24),
        critic_width=16,
        steps=4000,
        batch_size=32,
        critic_steps=2,
        learning_rate=3e-4,
        averaging=0.995,
    ),
    "faces-style": WGANSettings(
        generator=StyleGeneratorOptions(latents=96, side=SIDE, width=12, most=96),
        critic_width=16,
        steps=3000,
        batch_size=24,
        critic_steps=2,
        learning_rate=1e-3,
        betas=(0.0, 0.99),
        averaging=0.998,
    ),
}


def public_photos(data: Path) -> Tensor:
    """Photos of LFW's people who have few."""
    everybody = packs.lfw(data, SIDE, SIDE, "RGB")
    few = (torch.bincount(everybody.labels) < MANY)[everybody.labels]
    return everybody.images[few].contiguous()


def path_of(out: Path, name: str) -> Path:
    """The file of a generator."""
    return out / f"{name}.safetensors"


def train(photos: Tensor, path: Path, settings: WGANSettings) -> None:
    """One training, written at its end."""

    def told(done: int, total: int, loss: float) -> None:
        if done % 50 == 0 or done == total:
            print(f"{path.stem}: {done} of {total}, loss {loss:.4f}, {process_time():.0f} s", flush=True)

    checkpoint = path.with_name(f"{path.name}.checkpoint")
    trained = train_wgan(photos, settings, SEED, Upkeep(checkpoint, told))
    card = FaceGeneratorCard(
        name=path.stem,
        generator=trained.generator.options,
        critic=trained.critic.options,
        training={"method": "WGAN-GP", "seed": SEED, **settings.model_dump(mode="json")},
        photos=len(photos),
        licence=LICENCE,
    )
    faces = FaceGenerator(trained.generator, trained.critic)
    write_durably(path, [face_generator_bytes(faces, card)])
    checkpoint.unlink(missing_ok=True)


def main() -> None:
    """Train what is not there yet."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("data", type=Path)
    asked.add_argument("out", type=Path, nargs="?", default=Path("studies/models"))
    asked.add_argument("--only", nargs="*", choices=JOBS, default=list(JOBS))
    args = asked.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    photos = public_photos(args.data)
    for name in args.only:
        if not path_of(args.out, name).exists():
            train(photos, path_of(args.out, name), JOBS[name])


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
