"""An owner's and a poster's commands in a process without what only POSIX has, where locks are as on Windows.

python without_posix.py FOLDER; FOLDER holds ``photos``. Prints the exit codes, and whether a second writer is refused.
Names are taken away before anything of masquerade is imported; what stands for ``msvcrt`` locks by ``lockf``, which
two processes see.
"""

import json
import os
import subprocess
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path
from types import ModuleType

MISSING = (
    "O_NOFOLLOW",
    "O_CLOEXEC",
    "O_NONBLOCK",
    "O_DIRECTORY",
    "fchmod",
    "pread",
    "pwrite",
    "getuid",
    "fork",
)


def take_away() -> None:
    """Leave what Windows has."""
    lockf, windows = os.lockf, ModuleType("msvcrt")
    windows.LK_NBLCK = os.F_TLOCK  # type: ignore[attr-defined]
    windows.locking = lockf  # type: ignore[attr-defined]
    for name in ("fcntl", "resource", "pwd", "termios"):
        sys.modules[name] = None  # type: ignore[assignment]
    sys.modules["msvcrt"] = windows
    for name in MISSING:
        with suppress(AttributeError):
            delattr(os, name)
    import signal

    del signal.SIGHUP
    from masquerade.files import handles

    handles.POSIX = False  # type: ignore[misc]


def second(path: Path) -> str:
    """What another process is told that wants the same file."""
    told = subprocess.run(
        [sys.executable, __file__, "--hold", str(path)], capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or told.stderr


def hold(path: Path) -> None:
    """Try to be the only process of a file."""
    from masquerade.errors import JobBusy
    from masquerade.files.lock import only_process

    try:
        with only_process(path, "busy"):
            print("free")
    except JobBusy as error:
        print(error.value)


if __name__ == "__main__":
    take_away()
    if sys.argv[1] == "--hold":
        hold(Path(sys.argv[2]))
        sys.exit()
    from masquerade.cli.app import run
    from masquerade.files.lock import only_process

    root = Path(sys.argv[1])
    key, masknet = str(root / "owner.key"), str(root / "me.masknet")
    commands = (
        ["key", "new", key],
        [
            "disguise",
            str(root / "photos"),
            "-o",
            str(root / "out"),
            "-k",
            key,
            "--accept-broken",
            "--faces",
            "as-is",
        ],
        ["verify", str(root / "out")],
        ["masknet", "new", "-k", key, "-o", masknet],
        [
            "cloak",
            str(root / "photos"),
            "-o",
            str(root / "cloaked"),
            "-m",
            masknet,
            "--method",
            "one-pass",
            "--on-no-face",
            "whole-image",
        ],
    )
    with redirect_stdout(sys.stderr):
        codes = {" ".join(each[:2] if each[1] == "new" else each[:1]): run(each) for each in commands}
    with only_process(root / "model", "busy"):
        busy = second(root / "model")
    print(json.dumps({"codes": codes, "busy": busy, "free": second(root / "model"), "process": os.getpid()}))
