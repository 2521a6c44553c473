"""What a provider says, and signs, of a MaskNet: whose it is, and what its bytes are."""

import base64
import json
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final, Literal, final

from pydantic import BaseModel, ConfigDict, ValidationError

from masquerade.errors import ForeignMaskNet
from masquerade.keys.signer import Signer, signed_by

CONTEXT: Final = b"masquerade/v1/statement\0"
"""Goes before what is signed: no other signature of the provider's can pass for a statement."""


@final
class Statement(BaseModel):
    """What was issued to whom.

    Args:
        version: Of the statement's format.
        account: Whom it was issued to.
        masknet: Its name.
        sha256: Digest of the file's bytes.
        source: Name of the hypernetwork.
        source_digest: Digest of the hypernetwork.
        issued: When, seconds since 1970.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    account: str
    masknet: str
    sha256: str
    source: str
    source_digest: str
    issued: int


def signed(statement: Statement, signer: Signer) -> bytes:
    """The statement as JSON: ``statement`` is the very text that was signed, ``signature`` is base64."""
    text = statement.model_dump_json()
    signature = base64.b64encode(signer.sign(CONTEXT + text.encode())).decode()
    return json.dumps({"statement": text, "signature": signature}).encode()


def checked(answer: dict[str, Any], public: bytes, account: str) -> Statement:
    """The statement in an answer, which is taken for hostile.

    Raises:
        ForeignMaskNet: If another signed it, or it was made for another account.
    """
    text, signature = str(answer.get("statement", "")), str(answer.get("signature", ""))
    try:
        good = signed_by(public, base64.b64decode(signature), CONTEXT + text.encode())
        statement = Statement.model_validate_json(text)
    except (ValueError, ValidationError):
        good = False
    if not good:
        raise _foreign("the provider did not sign this statement")
    if statement.account != account:
        raise _foreign("the MaskNet was issued to another account")
    return statement


def require_bytes(statement: Statement, content: bytes) -> None:
    """Pass if these are the bytes that were stated.

    Raises:
        ForeignMaskNet: If they are others.
    """
    if not compare_digest(sha256(content).hexdigest(), statement.sha256):
        raise _foreign("the MaskNet's bytes are not those that the provider signed")


def _foreign(problem: str) -> ForeignMaskNet:
    return ForeignMaskNet(
        problem,
        code="foreign_masknet",
        place="the provider's answer",
        remedy="Do not use it; tell the provider.",
    )
