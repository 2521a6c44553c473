"""``masquerade generator``: generators of public faces, Crafter's prior."""

from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli import numbers
from masquerade.cli.answers import AsJson
from masquerade.cli.console import note, progress
from masquerade.cli.options import FacesOption
from masquerade.cli.outputs import Overwrite
from masquerade.cli.trained import Resume, tell_network
from masquerade.faces.reading import way_of
from masquerade.networks.features.wgan_generator import WGANGeneratorOptions
from masquerade.training.crafter.generator_folder import train_generator_folder
from masquerade.training.crafter.wgan_gp import WGANSettings


def train(
    photos: Annotated[Path, typer.Argument(help="Folder of public photos.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.", show_default=False)],
    size: Annotated[int, numbers.number(16, 512, "Height and width in pixels: 16, 32, 64, 128, ...")] = 64,
    latents: Annotated[int, numbers.number(1, 8192, "Length of a latent vector.")] = 128,
    width: Annotated[int, numbers.number(1, 512, "Channels of the last layer; 64 in the paper.")] = 32,
    steps: Annotated[int, numbers.steps("Training steps; 100,000 in the paper.")] = 9000,
    batch: Annotated[int, numbers.number(2, 65_536, "Photos per step.")] = 32,
    seed: Annotated[int, numbers.seed("Random seed for initial weights, shuffling and latent vectors.")] = 0,
    resume: Resume = True,
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Train a face generator on public faces (WGAN-GP); needs no labels and no key.

    Safe to interrupt; run the same command again to resume.

    Writes a sheet of samples to OUT.png. Use people who are not among those to be protected.
    """
    settings = WGANSettings(
        generator=WGANGeneratorOptions(latents=latents, side=size, width=width),
        critic_width=max(1, width // 2),
        steps=steps,
        batch_size=batch,
        critic_steps=2,
        learning_rate=3e-4,
        averaging=0.999,
    )
    with progress("training") as told:

        def advance(done: int, total: int, distance: float) -> None:
            told(done, total, f"distance {distance:.2f}")

        summary = train_generator_folder(
            photos,
            out,
            settings,
            seed=seed,
            resume=resume,
            progress=advance,
            overwrite=overwrite,
            faces=way_of(faces),
        )
    note(
        f"{summary.photos} photos, {summary.seconds:.0f} s; samples in {summary.samples.name}; "
        f"digest {summary.digest[:12]}"
    )
    tell_network(summary.generator, summary, as_json)
