"""What goes in and out, as the OpenAPI describes it."""

from typing import Annotated, Any, Final, final

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

Search = Annotated[
    str,
    Query(max_length=200, pattern=r"^[^\x00]*$", description="Words that the note or the name must hold."),
]


class Strict(BaseModel):
    """A body with no field but these."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@final
class Join(Strict):
    """An invitation's code; empty where the provider lets people join without one."""

    code: Annotated[str, Field(max_length=200)]


@final
class IssueBody(Strict):
    """Whether the active MaskNet may be replaced."""

    replace: bool = False


@final
class Note(Strict):
    """What the operator notes of an account, or of somebody who is invited."""

    note: Annotated[str, Field(max_length=200)] = ""


@final
class IssuedBody(Strict):
    """A statement and its signature; see ``statement.signed``."""

    statement: str
    signature: str


@final
class Forgotten(Strict):
    """What is still to be done of a deletion."""

    message: str


@final
class FailureBody(Strict):
    """What went wrong."""

    code: str
    message: str
    value: str
    place: str
    remedy: str


@final
class Failed(Strict):
    """The one shape of errors."""

    error: FailureBody


FAILURES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Failed, "description": "Not done; the error says why."} for status in (422, "default")
}
BYTES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}
LATER: Final = (
    "Deleted. The database is being read: the secret leaves its journal once that ends, within the hour."
)
GONE: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": Forgotten, "description": "Deleted; the database's journal is cut once nobody reads."}
}
