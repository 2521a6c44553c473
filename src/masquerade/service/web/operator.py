"""What the operator may ask and change over HTTP, with a token of `psp operator`."""

from typing import Any

from fastapi import APIRouter

from masquerade.service.provider import Provider
from masquerade.service.web.schemas import Note, Search


def operator(provider: Provider) -> APIRouter:
    """The operator's endpoints."""
    router = APIRouter()

    @router.get("/v1/accounts", summary="List accounts, the newest first")
    def accounts(search: Search = "") -> list[dict[str, Any]]:
        return provider.accounts(search)

    @router.post("/v1/accounts/{account}/revoke", status_code=204, summary="Close an account")
    def revoke(account: str) -> None:
        provider.revoke(account)

    @router.put("/v1/accounts/{account}/note", status_code=204, summary="Note something of an account")
    def note(account: str, body: Note) -> None:
        provider.note(account, body.note)

    @router.get("/v1/invitations", summary="List invitations, the newest first")
    def invitations(search: Search = "") -> list[dict[str, Any]]:
        return provider.invitations(search)

    @router.post("/v1/invitations", status_code=201, summary="Make an invitation for one person")
    def invite(body: Note | None = None) -> dict[str, str]:
        return {"code": provider.invite(note=body.note if body else "")}

    @router.post(
        "/v1/invitations/{handle}/withdraw", status_code=204, summary="Take an invitation back that is open"
    )
    def withdraw(handle: str) -> None:
        provider.withdraw(handle)

    return router
