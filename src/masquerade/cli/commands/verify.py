"""``masquerade verify``, whether a released data set is whole, and ``masquerade export``, it for other libraries."""

from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from masquerade.cli.answer_types import VerifyAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import CommandFailed
from masquerade.cli.exit_codes import SOME_FAILED
from masquerade.cli.outputs import Overwrite
from masquerade.cli.written_answers import ExportAnswer
from masquerade.files.kinds import Kind, kind_behind
from masquerade.files.outputs import require_folder
from masquerade.released.verify import verify as findings

Released = Annotated[
    Path, typer.Argument(help="A released data set or a sealed gallery.", show_default=False)
]
MODEL: Final = "model.onnx"


class Form(StrEnum):
    """What other libraries read."""

    WEBDATASET = "webdataset"
    NPZ = "npz"
    IMAGEFOLDER = "imagefolder"
    ONNX = "onnx"


def verify(
    released: Released,
    quick: Annotated[bool, typer.Option("--quick", help="Check only sizes and headers.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a released data set or sealed gallery: name damaged, missing, swapped and foreign files."""
    sealed = _public_part(released)
    if sealed is not None:
        from masquerade.sealed.verify import verify as sealed_findings

        found = sealed_findings(sealed, read_data=not quick)
    else:
        found = findings(released, read_data=not quick)
    findings_told = [str(finding) for finding in found]
    facts = VerifyAnswer(folder=str(released), sound=not found, findings=findings_told)
    answer(facts, as_json, *(findings_told or [f"sound: {released}"]))
    if found:
        raise CommandFailed(SOME_FAILED)


def export(
    what: Annotated[
        Path,
        typer.Argument(
            help="A released data set; for onnx a model's file, or the name of an encoder.",
            show_default=False,
        ),
    ],
    to: Annotated[Form, typer.Option("--to", help="What to write.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.", show_default=False)],
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write a released data set, or a network as ONNX, for other libraries; needs no key.

    The same values and labels: tar files for webdataset, NumPy's files, or a folder a class (PNG where it loses
    nothing, .npy otherwise). Encoders, trained models, MaskNets, recognisers and parts for the edge become model.onnx,
    once ONNX Runtime was seen to give the same numbers.
    """
    require_folder(out, {})
    if to is Form.ONNX:
        from masquerade.owner.onnx_models import write_onnx

        written = write_onnx(str(what), out / MODEL, overwrite=overwrite)
        facts = ExportAnswer(folder=str(out), form=to.value, images=0, files=1)
        answer(facts, as_json, f"{written.kind}, gives {', '.join(written.outputs)}: {out / MODEL}")
        return
    from masquerade.released.dataset import ReleasedDataset

    data = ReleasedDataset(what)
    if to is Form.WEBDATASET:
        files = data.to_webdataset(out, overwrite=overwrite)
    elif to is Form.NPZ:
        files = data.to_npz(out, overwrite=overwrite)
    else:
        files = data.to_imagefolder(out)
    facts = ExportAnswer(folder=str(out), form=to.value, images=len(data), files=len(files))
    answer(facts, as_json, f"{len(data)} images in {len(files)} files: {out}")


def _public_part(folder: Path) -> Path | None:
    """The public part that a folder is, or that a sealed gallery in it has; None if it is something else."""
    for each in (folder, folder / "public"):
        with suppress(OSError):  # the folder is a file: the other check says so
            if kind_behind(each / "manifest.json") is Kind.SEALED:
                return each
    return None
