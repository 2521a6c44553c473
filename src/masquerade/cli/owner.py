"""``masquerade disguise`` and ``predict``: the owner's side, which holds the key."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.console import CommandFailed, note, open_key, progress
from masquerade.cli.reading import photo_files, with_size
from masquerade.errors import PhotoRejected
from masquerade.owner.disguising import DisguiseSummary, disguise_folder
from masquerade.owner.recognising import Prediction, Recogniser
from masquerade.owner.records import Records
from masquerade.recipes import recipe as recipe_named

Key = Annotated[Path, typer.Option("--key", "-k", help="The owner's key file.", show_default=False)]
SOME_FAILED = 2


def disguise(
    photos: Annotated[Path, typer.Argument(help="Folder of person folders.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to release.", show_default=False)],
    key: Key,
    recipe: Annotated[str, typer.Option("--recipe", "-r", help="See `list recipes`.")] = "hardened",
    size: Annotated[str | None, typer.Option(help="HEIGHTxWIDTH instead of the recipe's.")] = None,
    min_images: Annotated[int, typer.Option(help="Leave out people with fewer photos.")] = 1,
    accept_broken: Annotated[bool, typer.Option(help="Release although attacks break the recipe.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Discard what is in the output folder.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Say what would be done; write nothing.")] = False,
) -> None:
    """Disguise photos under the owner's key; killed, it goes on when called again."""
    chosen = with_size(recipe_named(recipe), size)
    options = {"accept_broken": accept_broken, "overwrite": overwrite, "dry_run": dry_run}
    with progress("disguising") as told:
        summary = disguise_folder(
            photos,
            out,
            open_key(key),
            Records.beside(key),
            chosen,
            min_images=min_images,
            progress=told,
            **options,
        )
    _tell(summary)
    if summary.rejected:
        raise CommandFailed(SOME_FAILED)


def _tell(summary: DisguiseSummary) -> None:
    for words in summary.notices:
        note(words)
    for reason, count in sorted(summary.rejected.items()):
        note(f"turned away: {count} x {reason} (listed in {summary.rejected_list})")
    verb = "released" if summary.finished else "would release"
    size = summary.bytes / 1e6
    typer.echo(
        f"{verb} {summary.images} images of {summary.people - len(summary.without_images)} people as {summary.recipe}, "
        f"{summary.shards} shards, {size:.1f} MB: {summary.folder}"
    )


def predict(
    model: Annotated[Path, typer.Argument(help="The trained model.", show_default=False)],
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.", show_default=False)],
    key: Key,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of CSV.")] = False,
) -> None:
    """Name the person on each photo; a wrong key is refused before the first photo is opened."""
    turned_away: list[PhotoRejected] = []
    found = recognised(model, photos, key, turned_away.append)
    say = _say_json if as_json else _say_csv
    if not as_json:
        csv.writer(sys.stdout, lineterminator="\n").writerow(["photo", "person", "probability"])
    for prediction in found:
        say(prediction)
    for rejected in turned_away:
        note(str(rejected))
    if turned_away:
        raise CommandFailed(SOME_FAILED)


def recognised(
    model: Path, photos: list[Path], key: Path, turned_away: Callable[[PhotoRejected], None]
) -> Iterator[Prediction]:
    """Predictions for all photos that can be read; the others go to ``turned_away``.

    Raises:
        MasqueradeError: If key, model or paths cannot be used; before the first photo is opened.
    """
    recogniser = Recogniser.open(model, open_key(key), Records.beside(key))
    return _sorted_out(recogniser.names(list(photo_files(photos))), turned_away)


def _sorted_out(
    results: Iterator[Prediction | PhotoRejected], turned_away: Callable[[PhotoRejected], None]
) -> Iterator[Prediction]:
    for result in results:
        if isinstance(result, PhotoRejected):
            turned_away(result)
        else:
            yield result


def _say_json(found: Prediction) -> None:
    line = {"photo": str(found.path), "person": found.person, "probability": round(found.probability, 4)}
    typer.echo(json.dumps(line))


def _say_csv(found: Prediction) -> None:
    row = [found.path, found.person, f"{found.probability:.4f}"]
    csv.writer(sys.stdout, lineterminator="\n").writerow(row)
