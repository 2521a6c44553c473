"""``masquerade cloak``: photos in, photos with cloaked faces out."""

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer

from masquerade.cli import numbers
from masquerade.cli.console import SOME_FAILED, CommandFailed, note, progress, say
from masquerade.cloaking.folder import CloakSummary, cloak_folder
from masquerade.cloaking.methods import DEFAULT, METHODS, cloak_with, face_cloak
from masquerade.cloaking.photo_cloak import MIN_SSIM, NO_FACE, Appearance, PhotoCloak
from masquerade.cloaking.worth import worth
from masquerade.errors import UsageError
from masquerade.faces.finder import FaceFinder
from masquerade.files.outputs import require_folder
from masquerade.masknets import MaskNetFile, masknet_bytes, read_masknet
from masquerade.owner.records import Records


def cloak(
    photos: Annotated[Path, typer.Argument(help="A folder of photos, or one photo.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.", show_default=False)],
    masknet: Annotated[
        Path, typer.Option("--masknet", "-m", help="Your MaskNet file, from `psp issue`.", show_default=False)
    ],
    method: Annotated[str, typer.Option(help=f"One of {', '.join(METHODS)}.")] = DEFAULT,
    on_no_face: Annotated[str, typer.Option(help=f"Photos without a face: {', '.join(NO_FACE)}.")] = NO_FACE[
        0
    ],
    overwrite: Annotated[bool, typer.Option(help="Replace files that are in the output folder.")] = False,
    min_ssim: Annotated[
        float, numbers.number(0, 1, "Refuse a photo whose face would look less alike.")
    ] = MIN_SSIM,
    strength: Annotated[float, numbers.number(0.01, 2, "What the cloak is multiplied by, up to 2.")] = 1.0,
    every: Annotated[
        bool, typer.Option("--list", help="Say how many faces were cloaked on each photo.")
    ] = False,
    workers: Annotated[int | None, numbers.workers("Photos at a time; else one a processor.")] = None,
) -> None:
    """Cloak the faces on photos; the photos themselves stay as they are. Can be stopped and called again."""
    require_folder(out, {})
    file = read_masknet(masknet)
    appearance = _appearance(strength, min_ssim, on_no_face)
    photo_cloak = PhotoCloak(FaceFinder(), face_cloak(file, method), appearance)
    note(worth(method).told(cloak_with(file, method).describe()))
    with progress("cloaking") as told:
        summary = cloak_folder(
            photos,
            out,
            photo_cloak,
            Records.beside(masknet),
            _settings(file, method, appearance),
            overwrite=overwrite,
            workers=workers,
            progress=told,
        )
    for name, faces in summary.faces_by_photo if every else ():
        say(f"{name}: {faces} {'face' if faces == 1 else 'faces'}")
    _tell(summary, out)
    if summary.failures:
        raise CommandFailed(SOME_FAILED)


def _appearance(strength: float, min_ssim: float, on_no_face: str) -> Appearance:
    if on_no_face not in NO_FACE:
        raise UsageError(
            "no such wish for photos without a face",
            value=on_no_face,
            place="--on-no-face",
            remedy=f"Say one of {', '.join(NO_FACE)}.",
        )
    return Appearance(strength, min_ssim, on_no_face)


def _settings(file: MaskNetFile, method: str, appearance: Appearance) -> dict[str, Any]:
    """What tells one job from another; it names the MaskNet by a digest."""
    return {"masknet": sha256(masknet_bytes(file)).hexdigest(), "method": method, **asdict(appearance)}


def _tell(summary: CloakSummary, out: Path) -> None:
    for words in summary.notices:
        note(words)
    for name in summary.skipped:
        note(f"no face found, left out: {name}")
    for failure in summary.failures:
        note(f"not written: {failure.photo}: {failure.error}")
    counts = f"cloaked {summary.cloaked} of {summary.photos} photos ({summary.faces} faces)"
    others = {"copied": summary.copied, "left out": len(summary.skipped), "failed": len(summary.failures)}
    counts += "".join(f", {words} {count}" for words, count in others.items() if count)
    speed = f"{summary.seconds / summary.worked:.2f} s a photo" if summary.worked else "all were done before"
    if summary.ssim_median is not None:
        speed += f"; SSIM median {summary.ssim_median:.3f}, worst {summary.ssim_worst:.3f}"
    say(f"{counts}; {speed}: {out}")
