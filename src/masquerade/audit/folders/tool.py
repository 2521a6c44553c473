"""A tool as a black box: one photo in, one picture out, as a process of its own that may fail, hang or write anything.

It is run without a shell, in a new folder that holds the photo alone, under a name that tells nothing, and with no
variable of masquerade's. It is no sandbox: a tool can do whatever the user can.
"""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Final, final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from masquerade.audit.folders.pairing import PhotoPair
from masquerade.data.intake import decode
from masquerade.data.printable import printable
from masquerade.errors import MasqueradeError, NotApplicable, UsageError

IN, OUT = "{in}", "{out}"
SECONDS: Final = 60.0
"""How long a tool may take for one photo."""
MOST_ASKED: Final = 400
"""Photos of the attacker's choice that a tool is asked for at most."""
_OURS: Final = "MASQUERADE_"
_SAID: Final = 120


class ToolFailed(MasqueradeError):
    """A tool made nothing of a photo."""


@final
class CommandTool:
    """A command with a place for the photo and one for what is made of it.

    Args:
        command: Words as a shell parts them; ``{in}`` and ``{out}`` stand for files.
        seconds: How long one photo may take.

    Raises:
        UsageError: If it has not both places, or cannot be parted into words.
    """

    def __init__(self, command: str, seconds: float = SECONDS) -> None:
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise UsageError("the command cannot be read", value=error, place="--command") from None
        if not all(any(place in word for word in self._words[1:]) for place in (IN, OUT)):
            raise UsageError(
                "a command without a place for the photo or for the picture",
                value=command[:_SAID],
                place="--command",
                remedy="Say both, as in --command 'tool {in} -o {out}'.",
            )
        self._seconds = seconds
        self._answers: dict[bytes, Tensor] = {}

    def make(self, photo: Path, picture: Path) -> None:
        """Run the tool on one photo.

        Args:
            photo: The photo's file.
            picture: Where its picture is to lie, a PNG by its name.

        Raises:
            ToolFailed: If it ends with an error, takes too long, or writes no picture.
        """
        with TemporaryDirectory(prefix="masquerade-tool-") as folder:
            given, made = Path(folder) / f"in{photo.suffix.lower()}", Path(folder) / f"out{picture.suffix}"
            copyfile(photo, given)
            self._run([word.replace(IN, given.name).replace(OUT, made.name) for word in self._words], folder)
            if made.is_symlink() or not made.is_file() or not made.stat().st_size:
                raise ToolFailed("it wrote no picture")
            picture.parent.mkdir(parents=True, exist_ok=True)
            copyfile(made, picture)

    def ask(self, images: Tensor) -> Tensor:
        """What it makes of aligned faces ``(n, c, h, w)`` of 0 to 255, float32; each is asked once.

        Raises:
            NotApplicable: If it fails on one, or was asked for as many as it is asked for at most.
        """
        return torch.stack([self._answer(image) for image in images])

    def _answer(self, image: Tensor) -> Tensor:
        pixels = image.float().round().clamp(0, 255).to(torch.uint8)
        name = sha256(pixels.contiguous().numpy().tobytes()).digest()
        if name not in self._answers:
            if len(self._answers) >= MOST_ASKED:
                raise NotApplicable("the tool was asked for as many photos as allowed", value=MOST_ASKED)
            self._answers[name] = self._asked(pixels)
        return self._answers[name]

    def _asked(self, pixels: Tensor) -> Tensor:
        channels, height, width = pixels.shape
        with TemporaryDirectory(prefix="masquerade-asked-") as folder:
            photo, picture = Path(folder) / "photo.png", Path(folder) / "picture.png"
            Image.fromarray(np.asarray(pixels.expand(3, -1, -1).permute(1, 2, 0))).save(photo)
            try:
                self.make(photo, picture)
                seen = decode(picture, height, width, "RGB" if channels == 3 else "L")
            except MasqueradeError as error:
                raise NotApplicable(
                    "the tool failed on a photo of the attacker's choice", value=error
                ) from None
        return torch.from_numpy(seen).float()

    def _run(self, words: Sequence[str], folder: str) -> None:
        try:
            process = subprocess.Popen(  # noqa: S603  (the user's own command, without a shell)
                words,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={name: value for name, value in os.environ.items() if not name.startswith(_OURS)},
            )
        except OSError as error:
            raise UsageError(
                "the tool cannot be started", value=error.strerror, place=printable(words[0])
            ) from None
        try:
            status = process.wait(self._seconds)
        except subprocess.TimeoutExpired:
            raise ToolFailed(f"it took longer than {self._seconds:g} seconds") from None
        finally:
            _end(process)
        if status:
            raise ToolFailed(f"it ended with status {status}")


def made_by(
    tool: CommandTool, photos: Sequence[tuple[str, Path, str | None]], out: Path, done: Callable[[int], None]
) -> tuple[list[PhotoPair], list[str]]:
    """Run a tool on photos; one that it fails on is named, and the rest goes on.

    Args:
        tool: The tool.
        photos: Name, file and person of each.
        out: Folder for what it makes.
        done: Called with the number of photos that it was run on.

    Returns:
        Pairs, and a line for each photo that nothing was made of.
    """
    pairs, failed = [], []
    for number, (name, photo, person) in enumerate(photos, 1):
        picture = out / f"{number:06}.png"
        try:
            tool.make(photo, picture)
            pairs.append(PhotoPair(name, photo, picture, person))
        except ToolFailed as error:
            failed.append(f"{printable(name)}: the tool failed, {error.problem}")
        done(number)
    return pairs, failed


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()
