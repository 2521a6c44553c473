# ruff: noqa: ANN401 - stand-ins take what the real ones take
"""A folder on a disk that keeps the case of names but does not tell it apart, as Windows', macOS' and sticks' do."""

import os
from pathlib import Path
from typing import Any

import pytest

from masquerade.files.standing import folded

ONE_PATH = ("open", "stat", "lstat", "unlink", "mkdir", "listdir", "scandir", "rmdir")
TWO_PATHS = ("replace", "link", "rename")


def blind(root: Path, patch: pytest.MonkeyPatch) -> None:
    """Make what lies below ``root`` blind to case, and to how accents are written, for all of ``os``."""
    listdir = os.listdir

    def there(path: Any) -> Any:
        """The path with each name as it is spelt on the disk, if any spelling of it is there."""
        if isinstance(path, int) or not Path(os.fsdecode(path)).is_relative_to(root):
            return path
        found = root
        for part in Path(os.fsdecode(path)).relative_to(root).parts:
            try:
                spelt = [name for name in listdir(found) if folded(name) == folded(part)]
            except OSError:
                spelt = []
            found /= (spelt or [part])[0]
        return found

    for name in (*ONE_PATH, *TWO_PATHS):
        real, paths = getattr(os, name), 2 if name in TWO_PATHS else 1

        def step(*args: Any, real: Any = real, paths: int = paths, **options: Any) -> Any:
            return real(*map(there, args[:paths]), *args[paths:], **options)

        patch.setattr(os, name, step)
