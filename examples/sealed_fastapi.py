"""The cloud's side of a sealed gallery, over HTTP: no key, no photo, no name.

GALLERY=gallery/public uvicorn sealed_fastapi:app --app-dir examples
"""

import os
from pathlib import Path
from threading import Lock
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, Response

from masquerade.errors import SealedError
from masquerade.sealed.match import CloudGallery, match

LARGEST = 100_000  # bytes; a probe has 74 KB

app = FastAPI()
gallery = CloudGallery(Path(os.environ["GALLERY"]))  # loaded once; start again when the owner has changed it
one_at_a_time = Lock()


@app.post("/match")
def answer(probe: Annotated[bytes, Body(media_type="application/octet-stream")]) -> Response:
    """The scores of everybody, which the owner alone can read."""
    if len(probe) > LARGEST:
        raise HTTPException(413)
    try:
        with one_at_a_time:
            return Response(match(gallery, probe), media_type="application/octet-stream")
    except SealedError as error:
        raise HTTPException(400, str(error)) from None
