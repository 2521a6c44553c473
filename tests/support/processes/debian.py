"""Programs that the tests need from Debian's packages: installed when they are missing, by whoever may."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

PROGRAMS = {
    "postgresql": ("/usr/lib/postgresql/*/bin/initdb",),
    "chromium": ("/usr/bin/chromium",),
}
"""Packages, and where the program of each lies."""
SECONDS = 600


class NotInstalled(Exception):
    """A package is missing, and could not be installed; says why."""


@cache
def program(package: str) -> Path:
    """Where a package's program lies; the package is installed first if it must be.

    Raises:
        NotInstalled: If that cannot be done here.
    """
    found = _found(package)
    if found is None:
        _install(package)
        found = _found(package)
    if found is None:
        raise NotInstalled(f"{package}: installed, but its program is not where it is looked for")
    return found


def _found(package: str) -> Path | None:
    found = [path for pattern in PROGRAMS[package] for path in Path("/").glob(pattern.lstrip("/"))]
    return max(found, default=None)


def _install(package: str) -> None:
    """One at a time: tests that run side by side need the same packages."""
    if shutil.which("apt-get") is None or os.getuid() != 0:
        raise NotInstalled(f"{package} is missing; as root: apt-get install {package}")
    with (Path(tempfile.gettempdir()) / "masquerade-tests-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _found(package):
            return
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (("update",), ("install", "-y", "--no-install-recommends", package)):
            try:
                done = subprocess.run(
                    ["apt-get", "-q", *words], env=environment, capture_output=True, timeout=SECONDS
                )
            except subprocess.TimeoutExpired:
                raise NotInstalled(f"{package} is missing; apt-get took over {SECONDS} s") from None
            if done.returncode:
                told = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
                raise NotInstalled(f"{package} is missing; apt-get {words[0]}: {told[-1][:200]}")
