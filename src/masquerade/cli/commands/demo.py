"""``masquerade demo``: the whole story on built-in faces, each step by the command that a user would type."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from masquerade.audit.runner import Audit
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.answer_types import ReportAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.commands import cloud, key, recognise, sealed, sealed_open, sealed_public, verify
from masquerade.cli.commands import disguise as owner
from masquerade.cli.console import note, say
from masquerade.cli.result_lines import csv_line
from masquerade.cli.studies import demo_study
from masquerade.data import builtin
from masquerade.errors import UsageError
from masquerade.files.outputs import require_folder
from masquerade.report import PictureGrid, render

_DEMO: Final = {
    "owner.key",
    "owner.records",
    "photos",
    "visitors",
    "released",
    "model.safetensors",
    "model.safetensors.checkpoint",
    "report",
    "friends",
    "strangers",
    "gallery",
    "probe",
    "answer",
}
"""What a demo leaves in its folder."""
HELD_BACK = 2
"""Photos of each person that are kept for recognition."""
FRIENDS: Final = 10
"""People of the sealed gallery; as many others are its strangers."""


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path("masquerade-demo"),
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier demo in that folder.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run everything once on 400 photos of 40 people and write a report."""
    started = time.perf_counter()
    require_folder(out, {})
    _make_room(out, overwrite)
    photos, visitors = _faces(out)
    secret, released, model = out / "owner.key", out / "released", out / "model.safetensors"
    _step(1, f"masquerade key new {secret}", lambda: key.new(secret))
    _step(
        2,
        f"masquerade disguise {photos} -o {released} --key {secret} --accept-broken",
        lambda: owner.disguise(photos, released, secret, accept_broken=True),
    )
    _step(3, f"masquerade verify {released}", lambda: verify.verify(released))
    _step(4, f"masquerade train {released} -o {model}", lambda: cloud.train(released, model))
    _step(
        5,
        f"masquerade identify {model} {visitors} --key {secret} --closed-set",
        lambda: _recognise(model, visitors, secret),
    )
    _sealed(out, photos, visitors, secret)
    _step(11, "masquerade study run demo --profile quick", lambda: _audit(out / "report"))
    note(f"{time.perf_counter() - started:.0f} s in all. Open the report:")
    report = str(out / "report" / "report.html")
    answer(ReportAnswer(report=report), as_json, report)


def _step(number: int, command: str, run: Callable[[], None]) -> None:
    note()
    note(f"{number}. $ {command}")
    run()


def _make_room(out: Path, overwrite: bool) -> None:
    if out.exists() and any(out.iterdir()):
        if not overwrite:
            raise UsageError(
                "the folder is not empty", value=out, remedy="Choose another, or say --overwrite."
            )
        if not _DEMO >= {path.name for path in out.iterdir()} >= {"owner.key", "photos"}:
            raise UsageError("not a demo's folder", value=out, remedy="Choose another folder.")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)


def _faces(out: Path) -> tuple[Path, Path]:
    """Write the built-in photos; the last two of each person become visitors, unseen in training."""
    photos, visitors = out / "photos", out / "visitors"
    builtin.write_folders(photos)
    for person in sorted(photos.iterdir()):
        (visitors / person.name).mkdir(parents=True)
        for photo in sorted(person.iterdir())[-HELD_BACK:]:
            photo.rename(visitors / person.name / photo.name)
    note(f"{builtin.CREDIT}")
    return photos, visitors


def _recognise(model: Path, visitors: Path, secret: Path) -> None:
    found = list(recognise.recognised(model, [visitors], secret, lambda rejected: note(str(rejected))))
    for name in found[:3]:
        say(csv_line((name.path, name.person, name.probability)))
    right = sum(name.path.parent.name == name.person for name in found)
    note(f"… {right} of {len(found)} visitors named rightly (guessing: 1 in 40)")


def _sealed(out: Path, photos: Path, visitors: Path, secret: Path) -> None:
    """Ask a cloud who a visitor is, without showing it the face or the gallery."""
    friends, strangers, gallery = out / "friends", out / "strangers", out / "gallery"
    everybody = sorted(photos.iterdir())
    for person in everybody[:FRIENDS]:
        shutil.copytree(person, friends / person.name)
    for person in everybody[FRIENDS : 2 * FRIENDS]:
        shutil.copytree(visitors / person.name, strangers / person.name)
    photo = min((visitors / everybody[0].name).iterdir())
    public, probe, answer = gallery / "public", out / "probe", out / "answer"
    command = "masquerade sealed"
    _step(6, f"{command} new {secret} -o {gallery}", lambda: sealed.new(secret, gallery))
    _step(
        7,
        f"{command} enrol {gallery} {friends} --strangers {strangers}",
        lambda: sealed.enrol(gallery, friends, strangers=strangers),
    )
    _step(
        8,
        f"{command} probe {public} {photo} -o {probe}",
        lambda: sealed_public.probe(public, photo, probe),
    )
    _step(
        9,
        f"{command} match {public} {probe} -o {answer}",
        lambda: sealed_public.match(public, probe, answer),
    )
    _step(10, f"{command} open {gallery} {answer}", lambda: sealed_open.open_(gallery, [answer]))


def _audit(report: Path) -> None:
    study = load_study(demo_study()).at("quick")
    done = Audit(study, None, None, note, "masquerade demo").run()
    grids = [PictureGrid.of(title, images) for title, images in done.pictures.items()]
    render(done.report, grids, report)
