"""``masquerade cloak``: photos in, photos with cloaked faces out."""

from collections.abc import Callable
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
from torch import Tensor

from masquerade.cli import numbers
from masquerade.cli.answer_types import CloakAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import CommandFailed, note, progress, say
from masquerade.cli.exit_codes import FAILED, SOME_FAILED
from masquerade.cloaking.check import Sighting, check_folder, recognisers_here
from masquerade.cloaking.cover import COVERINGS, Cover
from masquerade.cloaking.folder import CloakSummary, cloak_folder
from masquerade.cloaking.methods import (
    DEFAULT,
    LOOKS,
    METHODS,
    SURROGATES,
    budget_of,
    cloak_with,
    face_cloak,
    surrogates_of,
    transferable,
)
from masquerade.cloaking.own_faces import OwnFaces
from masquerade.cloaking.photo_cloak import MIN_SSIM, NO_FACE, Appearance, PhotoCloak
from masquerade.cloaking.worth import worth
from masquerade.disguises.base import Keyed
from masquerade.disguises.cloaks.transferable import KeyedTransferableCloak
from masquerade.encoders.recogniser import open_recogniser
from masquerade.errors import UsageError
from masquerade.faces.finder import FaceFinder
from masquerade.files.outputs import require_folder
from masquerade.masknets import MaskNetFile, masknet_bytes, read_masknet
from masquerade.owner.records import Records


def cloak(
    photos: Annotated[Path, typer.Argument(help="A folder of photos, or one photo.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.", show_default=False)],
    masknet: Annotated[
        Path | None,
        typer.Option(
            "--masknet",
            "-m",
            help="Your MaskNet file, from `masknet join` or `masknet new`; for the methods after the first.",
            show_default=False,
        ),
    ] = None,
    method: Annotated[str, typer.Option(help=f"Kind of cloak: {', '.join(METHODS)}.")] = DEFAULT,
    look: Annotated[
        str, typer.Option(help=f"How much may be seen of the first method's cloak: {', '.join(LOOKS)}.")
    ] = "natural",
    against: Annotated[
        str,
        typer.Option(help="Recognisers that the first method's cloak is made against, separated by commas."),
    ] = ",".join(SURROGATES),
    instead: Annotated[
        str | None,
        typer.Option(
            help=f"Cover faces instead of cloaking them: {', '.join(COVERINGS)}; for people who must not be found.",
            show_default=False,
        ),
    ] = None,
    on_no_face: Annotated[
        str, typer.Option(help=f"What to do with photos without a face: {', '.join(NO_FACE)}.")
    ] = NO_FACE[0],
    overwrite: Annotated[bool, typer.Option(help="Replace files in the output folder.")] = False,
    min_ssim: Annotated[
        float, numbers.number(0, 1, "Refuse a photo if a cloaked face would be less similar to the original.")
    ] = MIN_SSIM,
    strength: Annotated[
        float, numbers.number(0.01, 2, "Factor by which the cloak is multiplied, up to 2.")
    ] = 1.0,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Say what recognisers here make of the cloaked photos beside the clean ones."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Print the number of cloaked faces on each photo.")
    ] = False,
    workers: Annotated[
        int | None, numbers.workers("Worker threads.", show_default="one for each CPU, at most 8")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Cloak the faces on photos, into another folder; the originals stay unchanged.

    Safe to interrupt; run the same command again to resume.
    """
    require_folder(out, {})
    file = None if masknet is None else read_masknet(masknet)
    appearance = _appearance(strength, min_ssim, on_no_face)
    _require_use(file, instead, against)
    if instead is not None:
        described: dict[str, Any] = {"instead": instead}
        photo_cloak = PhotoCloak(FaceFinder(), Cover(instead), appearance)  # type: ignore[arg-type]
        note(
            "Faces are covered where they are found. Look through the photos: one that was missed is not covered."
        )
    else:
        surrogates = tuple(against.split(","))
        appearance = replace(appearance, budget=budget_of(method, look))
        described = cloak_with(file, method, look, surrogates).describe()
        if file is None:
            keyed = transferable(method, look, surrogates)
            photo_cloak = PhotoCloak(FaceFinder(), keyed, appearance, _knowing(photos, keyed))
        else:
            photo_cloak = PhotoCloak(FaceFinder(), face_cloak(file, method, look), appearance)
        note(worth(method, look).told(described))
    with progress("cloaking") as told:
        summary = cloak_folder(
            photos,
            out,
            photo_cloak,
            Records.beside(masknet or out.absolute()),
            _settings(file, described, appearance),
            overwrite=overwrite,
            workers=workers,
            progress=told,
        )
    for name, faces in summary.faces_by_photo if verbose and not as_json else ():
        say(f"{name}: {faces} {'face' if faces == 1 else 'faces'}")
    seen = (
        _checked(photos, out, () if instead else surrogates_of(method, against.split(","))) if check else None
    )
    _tell(summary, out, seen, as_json)
    if summary.failures:
        done = summary.cloaked or summary.copied or summary.skipped
        raise CommandFailed(SOME_FAILED if done else FAILED)


def _require_use(file: MaskNetFile | None, instead: str | None, against: str) -> None:
    """Refuse what would be passed over without a word: somebody could believe that it was used."""
    if file is not None and instead is not None:
        raise UsageError(
            "a MaskNet that covering a face has no use for", place="--instead", remedy="Leave --masknet out."
        )
    if against != ",".join(SURROGATES) and (file is not None or instead is not None):
        raise UsageError(
            "recognisers that this way of cloaking has no use for",
            value=against,
            place="--against",
            remedy=f"Leave it out, or use --method {DEFAULT}.",
        )


def _appearance(strength: float, min_ssim: float, on_no_face: str) -> Appearance:
    if on_no_face not in NO_FACE:
        raise UsageError(
            "unknown value for photos without a face",
            value=on_no_face,
            place="--on-no-face",
            remedy=f"Say one of {', '.join(NO_FACE)}.",
        )
    return Appearance(strength, min_ssim, on_no_face)


def _settings(file: MaskNetFile | None, described: dict[str, Any], appearance: Appearance) -> dict[str, Any]:
    """What tells one job from another; it names the MaskNet by a digest."""
    own = None if file is None else sha256(masknet_bytes(file)).hexdigest()
    return {"masknet": own, "method": described, **asdict(appearance)}


def _knowing(photos: Path, keyed: KeyedTransferableCloak) -> Callable[[Tensor], Keyed]:
    """The cloak of a face that knows those of the folder which a recogniser finds alike."""
    own = OwnFaces(open_recogniser(SURROGATES[0]))
    with progress("looking") as told:
        own.survey(photos, FaceFinder(), told)
    return lambda face: keyed.knowing(own.alike(face))


def _checked(photos: Path, out: Path, made_against: tuple[str, ...]) -> list[Sighting]:
    with progress("checking") as told:
        return check_folder(photos, out, FaceFinder(), recognisers_here(made_against), told)


def _tell(summary: CloakSummary, out: Path, seen: list[Sighting] | None, as_json: bool) -> None:
    for words in summary.notices:
        note(words)
    for name in summary.skipped:
        note(f"no face found, left out: {name}")
    for failure in summary.failures:
        note(f"not written: {failure.photo}: {failure.error}")
    counts = f"cloaked {summary.cloaked} of {summary.photos} photos ({summary.faces} faces)"
    others = {"copied": summary.copied, "left out": len(summary.skipped), "failed": len(summary.failures)}
    counts += "".join(f", {words} {count}" for words, count in others.items() if count)
    speed = "none was written" if summary.failures else "all were done before"
    if summary.worked:
        speed = f"{summary.seconds / summary.worked:.2f} s a photo"
    if summary.ssim_median is not None:
        speed += f"; SSIM median {summary.ssim_median:.3f}, worst {summary.ssim_worst:.3f}"
    facts = CloakAnswer(
        folder=str(out),
        photos=summary.photos,
        cloaked=summary.cloaked,
        copied=summary.copied,
        faces=summary.faces,
        skipped=list(summary.skipped),
        failed=[{"photo": each.photo, "error": str(each.error)} for each in summary.failures],
        ssim_median=summary.ssim_median,
        ssim_worst=summary.ssim_worst,
        seconds=summary.seconds,
        seen=None if seen is None else [asdict(each) for each in seen],
    )
    answer(facts, as_json, f"{counts}; {speed}: {out}")
    for each in [] if as_json else seen or []:
        say(str(each))
