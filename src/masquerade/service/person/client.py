"""A person's side: join a provider, get a MaskNet, check that it is the provider's and meant for oneself."""

import http.client
import json
import secrets
import socket
import threading
from contextlib import closing, suppress
from functools import partial
from hmac import compare_digest
from typing import Final, final
from urllib.parse import urlsplit

from masquerade.data.printable import one_line
from masquerade.errors import ForeignMaskNet, ServiceError, UsageError
from masquerade.service.accounts.invitation_code import InvitationCode, read_code
from masquerade.service.accounts.key_pin import pin
from masquerade.service.masknets.statement import checked, require_bytes
from masquerade.service.storage.reach import loopback

LARGEST: Final = 256 * 2**20
"""Bytes of a MaskNet, at most."""
SHORT: Final = 2**20
"""Bytes of any other answer."""
SECONDS: Final = 60
"""That an answer may stand still."""
DEADLINE: Final = 300.0
"""Seconds for an answer as a whole, however it drips."""


@final
class Client:
    """Talks to one provider; TLS is checked, no redirect is followed.

    Args:
        address: ``https://HOST[:PORT]``; ``http://`` on this machine alone.
        token: The account's token, once there is one.

    Raises:
        UsageError: If the address would not keep the token private.
    """

    def __init__(self, address: str, token: str = "") -> None:
        parts = urlsplit(address)
        here = loopback(parts.hostname or "")
        if (
            not parts.hostname
            or parts.scheme not in ("https", "http")
            or (parts.scheme == "http" and not here)
        ):
            raise UsageError("not a provider's address", value=address[:100], remedy="Give https://HOST.")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._open = partial(kind, str(parts.hostname), parts.port, timeout=SECONDS)
        self.token = token

    def __repr__(self) -> str:
        return "Client(...)"

    def join(self, code: str, request_key: str = "") -> dict[str, str]:
        """Account, token and the provider's public key, for an invitation's code.

        Args:
            code: The code; its secret is told to nobody else than the holder of the public key that it names. Nothing,
                where the provider lets people join without one.
            request_key: Idempotency-Key, at least 32 random characters: asked again, the answer is the same.

        Raises:
            MistypedCode: If there is a slip in the code; nothing was sent.
            ForeignMaskNet: If what answers is not the provider that the invitation names.
            ServiceError: If the provider refuses.
        """
        named = read_code(code) if code else InvitationCode("", "")
        public = _told(self.ask("GET", "/v1/provider"), "public_key")["public_key"]
        headers = {"Idempotency-Key": request_key} if request_key else {}
        if code and not compare_digest(pin(named.secret, _bytes(public)), named.pin):
            raise _another()
        answer = self.ask("POST", "/v1/join", {"code": named.secret}, headers)
        told = _told(answer, "account", "token", "public_key")
        if told["public_key"] != public:
            raise _another()
        return told

    def masknet(self, account: str, public: bytes, request_key: str = "") -> bytes:
        """The bytes of one's MaskNet, checked.

        Args:
            account: One's account.
            public: The provider's public key.
            request_key: Idempotency-Key: asked again, it is the same MaskNet.

        Raises:
            ForeignMaskNet: If the provider did not sign them for this account.
            ServiceError: If the provider refuses.
        """
        key = request_key or secrets.token_hex(16)
        answer = self.ask("POST", "/v1/masknet", {}, {"Idempotency-Key": key})
        statement = checked(_told(answer, "statement", "signature"), public, account)
        content = self.ask("GET", "/v1/masknet")
        require_bytes(statement, content)
        return content

    def forget(self) -> str:
        """Delete the account at the provider.

        Returns:
            What the provider still has to do, in its own words; nothing, if it is done.
        """
        answer = self.ask("DELETE", "/v1/account")
        return _told(answer, "message")["message"][:200] if answer else ""

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> bytes:
        """The answer's body.

        Raises:
            ServiceError: If the provider refuses, in its own words.
            ForeignMaskNet: If what answers is no provider, or cannot be reached.
        """
        sent = {"Content-Type": "application/json", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        try:
            answer, content = _exchanged(self._open(), method, path, body, sent)
        except (OSError, http.client.HTTPException) as error:
            raise ForeignMaskNet(
                "the provider cannot be reached", code="network", value=one_line(str(error))[:200]
            ) from None
        if answer.status >= 300:
            raise _refused(answer, content)
        return content


def _exchanged(
    connection: http.client.HTTPConnection, method: str, path: str, body: object, headers: dict[str, str]
) -> tuple[http.client.HTTPResponse, bytes]:
    """An answer, and what it holds; cut off where it takes too long as a whole.

    Raises:
        OSError: If it cannot be had in time.
    """
    late = threading.Event()
    with closing(connection):
        connection.connect()
        line: socket.socket = connection.sock  # which the connection forgets while its answer still comes

        def cut() -> None:
            late.set()
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

        clock = threading.Timer(DEADLINE, cut)
        clock.daemon = True
        clock.start()
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read(LARGEST if _is_file(answer) else SHORT)
        except (OSError, http.client.HTTPException):
            if late.is_set():
                raise _too_late() from None
            raise
        finally:
            clock.cancel()
    if late.is_set():
        raise _too_late()
    return answer, content


def _is_file(answer: http.client.HTTPResponse) -> bool:
    return answer.status == 200 and answer.headers.get_content_type() == "application/octet-stream"


def _too_late() -> TimeoutError:
    return TimeoutError(f"its answer took more than {DEADLINE:.0f} s")


def _told(content: bytes, *names: str) -> dict[str, str]:
    """Fields of an answer, which is taken for hostile."""
    try:
        found = json.loads(content)
        return {name: str(found[name]) for name in names}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _no_provider() from None


def _bytes(hexadecimal: str) -> bytes:
    try:
        return bytes.fromhex(hexadecimal)
    except ValueError:
        raise _no_provider() from None


def _no_provider() -> ForeignMaskNet:
    return ForeignMaskNet("what answers is no provider", code="foreign", remedy="Check its address.")


def _another() -> ForeignMaskNet:
    return ForeignMaskNet(
        "this code does not fit this provider",
        code="foreign_provider",
        remedy="Was it copied whole? Is this the address you were sent? If both are right, ask for a new one.",
    )


def _refused(answer: http.client.HTTPResponse, content: bytes) -> ServiceError:
    """What a provider says of itself, which is taken for hostile."""
    if answer.status < 400:
        where = one_line(answer.headers.get("Location", ""))[:200] or None
        return ServiceError(
            "the provider leads elsewhere, which is not followed",
            code="redirect",
            value=where,
            remedy="Give the address that you were sent, with https://.",
        )
    try:
        told = json.loads(content)["error"]
        problem, code, remedy = (
            one_line(str(told[name]))[:length]
            for name, length in (("message", 200), ("code", 40), ("remedy", 200))
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        problem, code, remedy = f"the provider answered {answer.status}", "foreign", "Check its address."
    return ServiceError(problem, code=code, remedy=remedy, place="the provider")
