"""What a person keeps of joining, from before the first request: cut at any moment, it can be gone on with."""

import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import final

from masquerade.errors import ModelError, UsageError
from masquerade.files.durable import write_durably
from masquerade.files.opening import read_text

_LARGEST = 64 << 10


@final
@dataclass(frozen=True)
class Joining:
    """How far one is; mode 0600, for the keys and the token are secrets.

    Args:
        url: The provider's address.
        code: The invitation's; nothing once the MaskNet is written.
        join_key: Idempotency-Key of joining.
        issue_key: Idempotency-Key of the MaskNet.
        account: One's account, once there is one.
        token: Its token.
        public_key: The provider's, hexadecimal.
    """

    url: str
    code: str = ""
    join_key: str = ""
    issue_key: str = ""
    account: str = ""
    token: str = ""
    public_key: str = ""

    def __repr__(self) -> str:
        return f"Joining({self.url!r}, ...)"

    def save(self, path: Path) -> None:
        """Write it down.

        Raises:
            WriteFailed: If the disk refuses.
        """
        write_durably(path, [json.dumps(asdict(self)).encode()], 0o600, secret=True)

    def finished(self) -> "Joining":
        """What is needed later, to be forgotten."""
        return replace(self, code="", join_key="", issue_key="")


def begun(path: Path, url: str, code: str) -> Joining:
    """What was written down of the same joining; else a new one, written down now.

    Raises:
        UsageError: If the file is of another joining, or of one that ended.
        WriteFailed: If the disk refuses.
    """
    if path.exists():
        known = opened(path)
        if (known.url, known.code) != (url, code):
            raise UsageError(
                "this file is of another account",
                place=path,
                remedy="Choose another name for the MaskNet; the file is what `masquerade masknet leave` needs.",
            )
        return known
    fresh = Joining(url, code, secrets.token_hex(32), secrets.token_hex(32))
    fresh.save(path)
    return fresh


def waiting(path: Path, url: str) -> Joining | None:
    """What was written down of a joining at this provider that has not ended; None if there is none."""
    known = opened(path) if path.exists() else None
    return known if known is not None and known.url == url and known.join_key else None


def opened(path: Path) -> Joining:
    """What was written down.

    Raises:
        ModelError: If it is no such file.
    """
    try:
        told = json.loads(read_text(path, _LARGEST))
        return Joining(**{name: str(value) for name, value in told.items()})
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        raise ModelError(
            "not an account's file", place=path, remedy="`masquerade masknet join` writes one."
        ) from None
