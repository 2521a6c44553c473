"""``masquerade encoder`` and ``generator``: encoders with the server's network behind them, and Crafter's prior."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, final

import typer

from masquerade.cli import numbers
from masquerade.cli.answer_types import FileAnswer, NetworkAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import note, progress
from masquerade.cli.options import FacesOption, names_in, sum_up
from masquerade.cli.outputs import Overwrite
from masquerade.cli.trained import Resume, tell_network
from masquerade.faces.reading import way_of
from masquerade.networks.features.wgan_generator import WGANGeneratorOptions
from masquerade.owner.edge import write_edge
from masquerade.training.crafter.encoder_folder import train_encoder_folder
from masquerade.training.crafter.generator_folder import train_generator_folder
from masquerade.training.crafter.public_facts import PublicFacts, answers_of_folder, bank_of_folder
from masquerade.training.crafter.wgan_gp import WGANSettings

PublicPhotos = Annotated[Path, typer.Argument(help="Folder of public photos.", show_default=False)]
Out = Annotated[Path, typer.Option("--out", "-o", help="File to write.", show_default=False)]
Whose = Annotated[str, typer.Option(help="Or a file from `encoder train`.")]


@final
class Architecture(StrEnum):
    """Split networks by name."""

    resnet18 = "resnet18"
    vgg16 = "vgg16"


def train(
    photos: PublicPhotos,
    attributes: Annotated[
        Path,
        typer.Option(
            help="CSV: file name, then a column of 1 and 0 (or -1) for each attribute.", show_default=False
        ),
    ],
    out: Out,
    architecture: Annotated[Architecture, typer.Option(help="Network; the encoder is its first stages.")] = (
        Architecture.resnet18
    ),
    size: Annotated[int, numbers.number(16, 512, "Height and width in pixels, a multiple of 4.")] = 64,
    width: Annotated[int, numbers.number(1, 512, "Channels of the first stage; 64 is the full width.")] = 32,
    epochs: Annotated[int, numbers.epochs("Passes over the photos.")] = 14,
    seed: Annotated[int, numbers.seed("Random seed for initial weights, shuffling and augmentation.")] = 0,
    resume: Resume = True,
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Train an encoder and the server's network behind it; needs no key.

    Safe to interrupt; run the same command again to resume.

    Photos without a row in the table are left out. Use people who are not among those to be protected.
    """
    with progress("training") as told:

        def advance(done: int, total: int, loss: float) -> None:
            told(done, total, f"loss {loss:.3f}")

        summary = train_encoder_folder(
            photos,
            attributes,
            out,
            architecture=architecture.value,
            side=size,
            width=width,
            epochs=epochs,
            seed=seed,
            resume=resume,
            progress=advance,
            overwrite=overwrite,
            faces=way_of(faces),
        )
    found = summary.described
    if found.without_row or found.without_photo:
        note(
            f"{found.without_row} photos without a row were left out; {found.without_photo} rows have no photo"
        )
    note(
        f"{len(found.photos)} photos, {len(found.names)} attributes, {summary.seconds:.0f} s; "
        f"digest {summary.digest[:12]}"
    )
    facts = NetworkAnswer(
        path=str(summary.encoder), digest=summary.digest, photos=len(found.photos), seconds=summary.seconds
    )
    answer(facts, as_json, str(summary.encoder))
    sum_up(found.notices, found.rejected)


def train_generator(
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


def answers(
    photos: PublicPhotos,
    out: Out,
    encoder: Whose = "split-1",
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Learn from public photos how an encoder's answers differ, for task-only.

    In closed form: seconds for a thousand photos. Use people who are not among those to be protected.
    """
    _tell(answers_of_folder(photos, out, encoder, faces=way_of(faces), overwrite=overwrite), as_json)


def bank(
    photos: PublicPhotos,
    out: Out,
    encoder: Whose = "split-1",
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Collect an encoder's features of public photos, for k-same.

    Public people can be told from the file. Use people who are not among those to be protected.
    """
    _tell(bank_of_folder(photos, out, encoder, faces=way_of(faces), overwrite=overwrite), as_json)


def edge(
    out: Out,
    encoder: Whose = "split-1",
    answers: Annotated[str, typer.Option(help="Or a file from `encoder answers`.")] = "answers-1",
    numbers_sent: Annotated[int, numbers.number(1, 64, "Numbers sent for a photo.", "--numbers")] = 4,
    task: Annotated[
        str | None, typer.Option(help="Attributes to keep, with commas.", show_default="all")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write the matrix that a phone applies after the encoder.

    A safetensors file of plain arrays: the edge of the recipe task-only-thin.
    """
    write_edge(
        out,
        encoder=encoder,
        answers=answers,
        numbers=numbers_sent,
        task=names_in(task),
        overwrite=overwrite,
    )
    answer(FileAnswer(path=str(out), bytes=out.stat().st_size), as_json, str(out))


def _tell(found: PublicFacts, as_json: bool) -> None:
    note(f"{found.photos} photos, {found.seconds:.0f} s; digest {found.digest[:12]}")
    tell_network(found.file, found, as_json)
