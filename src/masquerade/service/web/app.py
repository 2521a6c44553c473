"""The endpoints."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

import masquerade
from masquerade.errors import BadRequest, MasqueradeError, NotKnown, ServiceError
from masquerade.service.credentials import Caller
from masquerade.service.provider import Provider
from masquerade.service.web.access import ACCESS, ANYONE
from masquerade.service.web.console import CHALLENGE, PATHS, console, token_of
from masquerade.service.web.guard import Guard, shape
from masquerade.service.web.rates import Rates

PAGE = Path(__file__).parents[1] / "page"


class Strict(BaseModel):
    """A body with no field but these."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Join(Strict):
    """An invitation's code; empty where the provider lets people join without one."""

    code: Annotated[str, Field(max_length=200)]


class Wish(Strict):
    """Whether the active MaskNet may be replaced."""

    replace: bool = False


def create(provider: Provider, rates: Rates) -> ASGIApp:
    """The service as an ASGI application."""
    return Guard(application(provider, rates))


def application(provider: Provider, rates: Rates) -> FastAPI:
    """The endpoints alone."""

    def authorise(request: Request) -> Caller:
        return _authorised(request, provider, rates)

    app = FastAPI(
        title="masquerade: Privacy Service Provider",
        version=masquerade.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(authorise)],
    )
    caller = Depends(authorise)
    _handlers(app)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    def readyz() -> dict[str, str]:
        provider.ready()
        return {"status": "ready"}

    @app.get("/v1/provider")
    def facts() -> dict[str, str]:
        digest = provider.source.digest
        return {
            "public_key": provider.signer.public.hex(),
            "hypernet": provider.source.name,
            "digest": digest,
        }

    @app.post("/v1/join", status_code=201)
    def join(body: Join, idempotency_key: Annotated[str, Header(max_length=200)] = "") -> dict[str, str]:
        return provider.join(body.code, idempotency_key)

    @app.post("/v1/masknet", status_code=201)
    def issue(
        idempotency_key: Annotated[str, Header(min_length=8, max_length=200)],
        body: Wish | None = None,
        who: Caller = caller,
    ) -> Response:
        wish = body or Wish()
        answer = provider.issue(who.account, idempotency_key, replace=wish.replace)
        return Response(answer, 201, media_type="application/json")

    @app.get("/v1/masknet")
    def masknet(who: Caller = caller) -> Response:
        return Response(provider.masknet(who.account), media_type="application/octet-stream")

    @app.delete("/v1/account", status_code=204)
    def forget(who: Caller = caller) -> None:
        provider.forget(who.account)

    @app.get("/v1/accounts")
    def accounts() -> list[dict[str, Any]]:
        return provider.accounts()

    @app.post("/v1/accounts/{account}/revoke", status_code=204)
    def revoke(account: str) -> None:
        provider.revoke(account)

    @app.post("/v1/invitations", status_code=201)
    def invitations() -> dict[str, str]:
        return {"code": provider.invite()}

    app.include_router(console(provider))
    if (PAGE / "index.html").exists():
        app.mount("/", StaticFiles(directory=PAGE, html=True))
    return app


def _authorised(request: Request, provider: Provider, rates: Rates) -> Caller:
    """Who asks, if the table lets them; default is no."""
    path = request.scope["route"].path
    address = request.client.host if request.client else ""
    rates.spend("address", address)
    token = token_of(request.method, path, request.headers.get("authorization", ""))
    found = provider.caller(token) if token else None
    who = found or Caller(ANYONE)
    if who.account:
        rates.spend("account", who.account)
    if path == "/v1/join":
        rates.spend("join", address)
    allowed = ACCESS.get((request.method, path), frozenset())
    if who.role in allowed:
        return who
    if who.role == ANYONE:
        raise HTTPException(401)
    raise NotKnown("there is nothing here", code="not_found")


def _handlers(app: FastAPI) -> None:
    words = {401: "a token is needed", 404: "there is nothing here", 405: "not done this way"}

    async def service(_: Request, error: Exception) -> JSONResponse:
        status, code = (
            (error.status, error.code) if isinstance(error, ServiceError) else (503, "out_of_order")
        )
        public = error if isinstance(error, ServiceError) else MasqueradeError("the service is out of order")
        wait = error.wait if isinstance(error, ServiceError) else None
        headers = {} if wait is None else {"retry-after": str(wait)}
        return JSONResponse(shape(public, code), status, headers)

    async def http(request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        code = {401: "unauthorised", 404: "not_found", 405: "method"}.get(status, "refused")
        plain = MasqueradeError(words.get(status, "refused"))
        headers = (
            {"www-authenticate": CHALLENGE if request.url.path in PATHS else "Bearer"}
            if status == 401
            else {}
        )
        return JSONResponse(shape(plain, code), status, headers)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": ""}
        place = ".".join(str(part) for part in first["loc"])[:100]
        bad = BadRequest(str(first["msg"])[:200], code="invalid", place=place)
        return JSONResponse(shape(bad, bad.code), 422)

    async def unforeseen(_: Request, error: Exception) -> JSONResponse:
        del error
        return JSONResponse(shape(MasqueradeError("the service is out of order"), "internal"), 500)

    app.add_exception_handler(MasqueradeError, service)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unforeseen)
