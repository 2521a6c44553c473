"""``masquerade distil`` and ``obfuscate``, and what ``identify`` does with features: a server sees no photo (XNN-d)."""

from pathlib import Path
from typing import Annotated

import torch
import typer

from masquerade.cli import numbers
from masquerade.cli.answer_types import DistilledAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import note, progress
from masquerade.cli.options import FacesOption, person_files, photo_files, sum_up
from masquerade.cli.outputs import Overwrite
from masquerade.cli.result_lines import say_rows
from masquerade.data.intake import Reader
from masquerade.data.printable import printable
from masquerade.encoders import open_encoder
from masquerade.encoders.generator import FeatureGenerator
from masquerade.encoders.generator_file import read_generator, read_generator_card
from masquerade.errors import PhotoRejected
from masquerade.faces.reading import PhotoReader, way_of
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_output
from masquerade.released.feature_file import Features
from masquerade.training.xnn_d import XNNDSettings
from masquerade.training.xnn_d.folders import GENERATOR, RECOGNISER, distil_folder
from masquerade.training.xnn_d.listening import ListenerScores
from masquerade.training.xnn_d.server import FeatureServer

_BATCH = 64

EncoderOption = Annotated[
    str | None, typer.Option("--encoder", help="A public encoder by name, or its file.")
]


def distil(
    photos: Annotated[Path, typer.Argument(help="Photos, in a folder for each person.", show_default=False)],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder to write the two files to.", show_default=False)
    ],
    encoder: Annotated[str, typer.Option(help="A public encoder by name, or its file.")] = "sface",
    noise_rms: Annotated[
        float, numbers.number(0, 1_000_000, "RMS of the noise; that of the features is 1.")
    ] = 1.0,
    adversarial_steps: Annotated[
        int, numbers.steps("Steps of stage 1, the adversarial training of the noise.")
    ] = 300,
    epochs: Annotated[
        int, numbers.epochs("Passes over the photos, for the teacher and the recogniser each.")
    ] = 10,
    seed: Annotated[int, numbers.seed("Random seed for initial weights and shuffling.")] = 0,
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Train a noise generator for apps and a recogniser for the server (XNN-d); needs no key."""
    usual = XNNDSettings()
    settings = XNNDSettings.read(
        {
            "recogniser": {**usual.recogniser.model_dump(), "epochs": epochs},
            "noise": {**usual.noise.model_dump(), "amount": noise_rms},
            "adversarial_steps": adversarial_steps,
        }
    )
    with progress("noise") as told:
        done = distil_folder(
            photos, out, open_encoder(encoder), settings, seed, told, way_of(faces), overwrite=overwrite
        )
    if done.clean is not None and done.found is not None:
        note(
            f"rank-1 identification of {done.held_back} held-back people: {done.found:.1%} from obfuscated features, "
            f"{done.clean:.1%} by the teacher from clean ones"
        )
    if done.listening is not None:
        _tell_of(done.listening)
    facts = DistilledAnswer(
        generator=str(done.folder / GENERATOR),
        recogniser=str(done.folder / RECOGNISER),
        photos=done.photos,
        people=done.people,
        held_back=done.held_back,
        clean=done.clean,
        obfuscated=done.found,
    )
    answer(
        facts,
        as_json,
        f"trained on {done.photos} photos of {done.people} people",
        f"for apps: {done.folder / GENERATOR}",
        f"for the server: {done.folder / RECOGNISER}",
    )
    sum_up(done.notices, done.rejected)


def obfuscate(
    photos: Annotated[list[Path], typer.Argument(help="Photos or folders of photos.", show_default=False)],
    generator: Annotated[
        Path, typer.Option("--generator", "-g", help="The app's file, from `distil`.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Feature file to write.", show_default=False)],
    gallery: Annotated[
        bool,
        typer.Option("--gallery", help="Store names: PHOTOS has a folder for each person."),
    ] = False,
    encoder: EncoderOption = None,
    overwrite: Overwrite = False,
    faces: FacesOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Turn photos into obfuscated features and print which row is which photo. Sends nothing."""
    require_output(out, Kind.FEATURES, overwrite=overwrite)
    card = read_generator_card(generator)
    held = read_generator(generator, open_encoder(encoder or card.encoder))
    if gallery:
        files = [(photo.path, photo.person) for photo in person_files(photos)]
    else:
        files = [(path, "") for path in photo_files(photos)]
    c, height, width = held.encoder.image_shape
    reader = PhotoReader(height, width, "RGB" if c == 3 else "L", way_of(faces))
    features, kept, turned_away = _features(held, [path for path, _ in files], reader)
    people = tuple(printable(files[i][1]) for i in kept) if gallery else None
    Features.of(held.digest, features, people).save(out)
    say_rows(("row", "photo"), ((row, files[i][0]) for row, i in enumerate(kept)), as_json=as_json)
    sum_up(reader.notices(), turned_away, len(files))


def identify_rows(
    recogniser: Path,
    features: Path,
    gallery: Path,
    fpir: float,
    strangers: Path | None,
    closed_set: bool,
    as_json: bool,
) -> None:
    """Print the most similar person of a gallery for each row, or ``unknown``, from obfuscated features alone.

    Raises:
        MasqueradeError: If a file cannot be used.
    """
    server = FeatureServer.open(recogniser)
    unknown = None if closed_set else server.open_set(gallery, fpir, strangers)
    if unknown is not None:
        note(str(unknown))
    found = list(server.identify(features, gallery, unknown))
    rows = ((each.row, each.person, float(each.similarity)) for each in found)
    say_rows(("row", "person", "similarity"), rows, as_json=as_json)


def _tell_of(heard: ListenerScores) -> None:
    """What somebody gets who listens and trains nothing, and a warning where the noise takes little of it."""
    whom = "the held-back people" if heard.held_back else "the people trained on"
    note(
        f"a passive observer who trains nothing and has clean photos of {whom} names {heard.best:.1%} of "
        f"{heard.photos} ({heard.raw:.1%} as intercepted, {heard.centred:.1%} with the means subtracted); "
        f"without noise {heard.clean:.1%}, a guess {heard.chance:.1%}"
    )
    if heard.constant is not None:
        note(f"{max(heard.constant, 0.0):.1%} of the noise is the same for everybody")
    if heard.hides_little:
        note(
            "warning: the noise hides little even from an observer who only compares; "
            "a larger --noise-rms costs recognition"
        )
    note("an observer who also has photos of other people undid the noise at every level that was measured")


def _features(
    generator: FeatureGenerator, files: list[Path], read: Reader
) -> tuple[torch.Tensor, list[int], list[PhotoRejected]]:
    """Features of the photos that can be taken in, which these are, and the others."""
    parts = [torch.empty(0, *generator.encoder.shape)]
    kept: list[int] = []
    turned_away: list[PhotoRejected] = []
    for start in range(0, len(files), _BATCH):
        images = []
        for i, path in enumerate(files[start : start + _BATCH], start):
            try:
                images.append(torch.from_numpy(read(path)))
                kept.append(i)
            except PhotoRejected as error:
                turned_away.append(error)
        if images:
            parts.append(generator(torch.stack(images)))
    return torch.cat(parts), kept, turned_away
