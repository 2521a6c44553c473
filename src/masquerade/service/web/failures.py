"""How whatever goes wrong is answered: in one shape, without a word of what is secret."""

import logging
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from masquerade.errors import BadRequest, MasqueradeError, ServiceError
from masquerade.service.web.console import CHALLENGE, PATHS
from masquerade.service.web.guard import shape
from masquerade.service.web.logs import ID, REFUSED

_LOG = logging.getLogger("masquerade.service")
LATER: Final = "Try again later; a request with an Idempotency-Key with the same one."


def add_failures(app: FastAPI) -> None:
    """Answer what a service raises, refuses and did not foresee."""
    words = {401: "a token is needed", 404: "there is nothing here", 405: "not done this way"}

    async def service(request: Request, error: Exception) -> JSONResponse:
        status, code = (
            (error.status, error.code) if isinstance(error, ServiceError) else (503, "out_of_order")
        )
        public = error if isinstance(error, ServiceError) else MasqueradeError("the service is out of order")
        request.scope[REFUSED] = code
        if status == 503:  # value and place are the operator's
            _LOG.warning(str(error), extra={"fields": {"id": request.scope.get(ID, "")}})
            public = MasqueradeError(public.problem, remedy=LATER)
        wait = error.wait if isinstance(error, ServiceError) else None
        headers = {} if wait is None else {"retry-after": str(wait)}
        return JSONResponse(shape(public, code), status, headers)

    async def http(request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        code = {401: "unauthorised", 404: "not_found", 405: "method"}.get(status, "refused")
        request.scope[REFUSED] = code
        plain = MasqueradeError(words.get(status, "refused"))
        headers = (
            {"www-authenticate": CHALLENGE if request.url.path in PATHS else "Bearer"}
            if status == 401
            else {}
        )
        return JSONResponse(shape(plain, code), status, headers)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": ""}
        named = first["loc"][:-1] if first.get("type") == "extra_forbidden" else first["loc"]
        place = ".".join(str(part) for part in named)[:100]
        request.scope[REFUSED] = "invalid"
        bad = BadRequest(str(first["msg"])[:200], code="invalid", place=place)
        return JSONResponse(shape(bad, bad.code), 422)

    async def unforeseen(_: Request, error: Exception) -> JSONResponse:
        del error
        return JSONResponse(shape(MasqueradeError("the service is out of order"), "internal"), 500)

    app.add_exception_handler(MasqueradeError, service)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unforeseen)
