"""What would become of the photos of a job, photo by photo, without writing anything."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from masquerade.data.intake import read
from masquerade.errors import PhotoRejected
from masquerade.faces.reading import PhotoReader, several
from masquerade.owner.photo_list import PhotoList
from masquerade.owner.shards import rejection_line

_AT_A_TIME = 64


class DryRun(NamedTuple):
    """What was found.

    Args:
        rejected: Photos that would be turned away: path, class and detail.
        several: Photos with several faces: path, and how many.
    """

    rejected: tuple[dict[str, str], ...]
    several: tuple[str, ...]


def try_photos(
    photos: PhotoList, reader: PhotoReader, workers: int, progress: Callable[[int, int], None] | None = None
) -> DryRun:
    """Open every photo as the job would.

    Args:
        photos: The photos.
        reader: How the job reads them.
        workers: Threads.
        progress: Told of the photos that are done and all photos.
    """
    rejected: list[dict[str, str]] = []
    crowds: list[str] = []

    def look(row: int) -> PhotoRejected | int:
        try:
            return reader.of_bytes(read(photos.path(row))[0], photos.relative(row)).faces
        except PhotoRejected as error:
            return error

    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(photos), _AT_A_TIME):
            rows = range(start, min(start + _AT_A_TIME, len(photos)))
            for row, found in zip(rows, pool.map(look, rows), strict=True):
                if isinstance(found, PhotoRejected):
                    rejected.append(rejection_line(photos.relative(row), found))
                elif found > 1:
                    crowds.append(several(photos.relative(row), found))
            if progress is not None:
                progress(rows.stop, len(photos))
    return DryRun(tuple(rejected), tuple(crowds))
