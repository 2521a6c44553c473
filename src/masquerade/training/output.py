"""Where a training writes: looked at before hours of work, and held while they last."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from masquerade.files.durable import clear_drafts, named_failures
from masquerade.files.kinds import Kind
from masquerade.files.lock import only_process
from masquerade.files.outputs import require_folder, require_output

_BUSY: Final = "another process is training to this name"


@contextmanager
def training_to(out: Path, kind: Kind, *, resume: bool, overwrite: bool = False) -> Iterator[Path]:
    """Hold a training's output; gives the file of its checkpoint, which is removed when all went well.

    Args:
        out: The file that the training will write.
        kind: What it will be.
        resume: Whether to go on from a checkpoint; otherwise it is discarded.
        overwrite: Whether a file of another kind may be replaced.

    Raises:
        UsageError: If ``out`` or its checkpoint cannot be written, or is something that must not be replaced.
        JobBusy: If another process trains to the same name.
        WriteFailed: If the disk refuses.
    """
    checkpoint = out.with_name(f"{out.name}.checkpoint")
    require_output(out, kind, overwrite=overwrite)
    require_output(checkpoint, Kind.CHECKPOINT, overwrite=overwrite)
    with named_failures(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
    with only_process(out, _BUSY):
        clear_drafts(out.parent)
        if not resume:
            checkpoint.unlink(missing_ok=True)
        yield checkpoint
        checkpoint.unlink(missing_ok=True)


@contextmanager
def training_into(folder: Path, files: dict[str, Kind], *, overwrite: bool = False) -> Iterator[None]:
    """Hold the folder that a training writes several files to.

    Raises:
        UsageError: If it cannot be written to, or holds what must not be replaced.
        JobBusy: If another process trains to the same folder.
        WriteFailed: If the disk refuses.
    """
    require_folder(folder, files, overwrite=overwrite)
    with named_failures(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with only_process(folder, _BUSY):
        clear_drafts(folder)
        yield


def plain_name(out: Path) -> str:
    """A name for messages, out of the file's."""
    plain = "".join(c if c.isalnum() or c in "._+-" else "-" for c in out.name.removesuffix(".safetensors"))
    return plain[:100] or "network"
