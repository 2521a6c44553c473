"""The owner's list of photos that were turned away: JSON, one line each."""

import json
from pathlib import Path
from typing import final

from masquerade.errors import PhotoRejected


@final
class RejectionLog:
    """Appends rejected photos to a file, each at most once.

    Everything but ASCII is escaped, so that no file name can add or hide a line. The file names the owner's
    photos: it stays with the owner.

    Args:
        path: The file; made if absent. What it lists already is not listed again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
        self._listed = {json.loads(line)["photo"] for line in lines}

    def add(self, rejected: PhotoRejected) -> None:
        """Append one photo: ``photo``, ``rejection`` and ``detail``."""
        photo = str(rejected.place)
        if photo in self._listed:
            return
        row = {"photo": photo, "rejection": str(rejected.rejection), "detail": str(rejected.value or "")}
        with self._path.open("a", encoding="ascii", newline="\n") as file:
            file.write(json.dumps(row) + "\n")
        self._listed.add(photo)
