"""A file beside the operator's key that remembers who was forgotten or closed, as codes: no backup brings them back."""

import os
import re
from pathlib import Path
from typing import Final, Literal, final

from masquerade.errors import OutOfOrder
from masquerade.keys import Key

Closing = Literal["forget", "revoke"]
_LINE: Final = re.compile(r"^(forget|revoke) ([0-9a-f]{64})$", re.MULTILINE)


@final
class ForgottenLedger:
    """Lines that are only ever added.

    Args:
        path: The file; made where there is none. None remembers nothing.
        key: The operator's key: without it nobody finds an account in the file.
    """

    def __init__(self, path: Path | None, key: Key) -> None:
        self._path, self._key = path, key

    def begin(self) -> None:
        """Make the file where there is none: from now on its absence says that it was lost.

        Raises:
            OutOfOrder: If it cannot be written.
        """
        self._write(b"")

    def add(self, closing: Closing, account: str) -> None:
        """Remember that an account is to be gone, before it is.

        Raises:
            OutOfOrder: If the file cannot be written.
        """
        self._write(f"{closing} {self._code(account)}\n".encode())

    def _write(self, line: bytes) -> None:
        if self._path is None:
            return
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            try:
                os.write(handle, line)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            reason = error.strerror
            raise OutOfOrder(
                "cannot write", code="ledger", value=reason, place=self._path.name, wait=5
            ) from None

    def closed(self, accounts: list[str]) -> dict[str, Closing] | None:
        """What became of accounts; those that are not in it are open. None if there is no file.

        Raises:
            OutOfOrder: If the file cannot be read.
        """
        if self._path is None or not self._path.exists():
            return None
        try:
            lines = _LINE.findall(self._path.read_text("ascii", errors="replace"))
        except OSError as error:
            raise OutOfOrder("cannot read", code="ledger", value=error.strerror, place=self._path) from None
        known: dict[str, Closing] = {}
        for closing, code in lines:
            if known.get(code) != "forget":
                known[code] = closing
        codes = {account: self._code(account) for account in accounts}
        return {account: known[code] for account, code in codes.items() if code in known}

    def _code(self, account: str) -> str:
        return self._key.authenticate("closed-account", account.encode())
