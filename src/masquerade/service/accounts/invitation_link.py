"""An invitation as a link, and the link as a QR code."""

import io
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import segno

from masquerade.errors import UsageError
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_new
from masquerade.service.storage.reach import loopback

PICTURES: Final = (".png", ".svg")


def invitation_link(url: str, code: str) -> str:
    """The page's address with a code behind the ``#``, which a browser keeps to itself.

    Raises:
        UsageError: If the address would not keep the MaskNet private.
    """
    parts = urlsplit(url)
    private = parts.scheme == "https" or (parts.scheme == "http" and loopback(parts.hostname or ""))
    if not parts.hostname or not private or parts.query or parts.fragment:
        raise UsageError(
            "not the address of a provider's page",
            value=url[:100],
            place="--url",
            remedy="Give https://HOST, as people reach it.",
        )
    return f"{url.rstrip('/')}/#{code}"


def qr_lines(link: str) -> list[str]:
    """A link as a QR code in a terminal's characters."""
    drawn = io.StringIO()
    segno.make(link, micro=False).terminal(drawn, compact=True)
    return drawn.getvalue().splitlines()


def require_picture(path: Path) -> None:
    """Pass if a QR code can be written there.

    Raises:
        UsageError: If it is of another kind than PNG or SVG, or there already.
    """
    if path.suffix.lower() not in PICTURES:
        raise UsageError(
            "a QR code is written as PNG or SVG", value=path.suffix, place=path, remedy="Name it .svg."
        )
    require_new(path, Kind.PICTURE)


def write_qr(link: str, path: Path) -> None:
    """Write a link as a QR code; mode 0600, for whoever reads it can join.

    Raises:
        UsageError: As ``require_picture``.
        WriteFailed: If the disk refuses.
    """
    require_picture(path)
    held = io.BytesIO()
    segno.make(link, micro=False).save(held, kind=path.suffix[1:].lower(), scale=8)
    write_durably(path, [held.getvalue()], 0o600, replace=False)
