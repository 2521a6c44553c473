"""The service with the page on it, in a thread, and what a person does there."""

import base64
import io
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from numpy.typing import NDArray
from PIL import Image, ImageOps
from playwright.sync_api import Page
from starlette.types import ASGIApp, Receive, Scope, Send

from masquerade.cloaking.methods import face_cloak
from masquerade.cloaking.photo_cloak import Appearance, PhotoCloak
from masquerade.data.picture import open_picture
from masquerade.faces.finder import FaceFinder
from masquerade.masknets import MaskNetFile, read_masknet
from masquerade.service.accounts import credentials
from masquerade.service.accounts.invitation_code import InvitationCode
from masquerade.service.accounts.key_pin import pin
from masquerade.service.provider import Provider
from masquerade.service.web.app import create
from masquerade.service.web.rates import Rates
from service_examples import KEY, provider

PATIENT = 60_000
"""Milliseconds."""
PLENTY = {"address": (10_000, 60), "account": (10_000, 60), "join": (1_000, 60)}


class Site:
    """A provider on an address of this machine; it remembers what it was asked for."""

    def __init__(self, folder: Path, **policy: object) -> None:
        self.provider: Provider = provider(f"sqlite:///{folder}/psp.db", **policy)
        self.asked: list[str] = []
        self._app = create(self.provider, Rates(folder / "rates.db", PLENTY))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        config = uvicorn.Config(
            self._noted, log_level="error", http="h11", ws="none", lifespan="off", interface="asgi3"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()

    async def _noted(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self._app
        if scope["type"] == "http":
            self.asked.append(scope["path"])
        await app(scope, receive, send)

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._thread.is_alive():
            self._server.should_exit = self._server.force_exit = True
            self._thread.join(PATIENT / 1000)
            assert not self._thread.is_alive(), "the provider of the page's tests does not end"
            self._socket.close()
            self.provider.close()

    def lapsed(self) -> str:
        """A code that was good until yesterday."""
        secret = self.provider.committer.run(
            lambda connection: credentials.new_invitation(connection, KEY, -1)
        )
        return InvitationCode(secret, pin(secret, self.provider.signer.public)).text


@contextmanager
def site(folder: Path, **policy: object) -> Iterator[Site]:
    found = Site(folder, **policy)
    try:
        yield found
    finally:
        found.stop()


def join(page: Page, code: str) -> None:
    page.get_by_label("Invitation code").fill(code)
    page.get_by_role("button", name="Join").click()


def enter(page: Page, site: Site) -> None:
    """Join with a good invitation."""
    join(page, site.provider.invite())
    page.get_by_text("Your MaskNet is ready").wait_for(timeout=PATIENT)


def forget(page: Page, where: str) -> None:
    """Forget the MaskNet, and wait for it."""
    page.get_by_role("button", name="Forget it …").click()
    page.get_by_label(where).check()
    confirm(page)
    page.get_by_text("was forgotten").wait_for(timeout=PATIENT)


def confirm(page: Page) -> None:
    """Press the button of the dialog that forgets."""
    page.get_by_role("dialog").get_by_role("button", name="Forget it").click()


def give(page: Page, photos: dict[str, bytes]) -> None:
    """Choose photos, and wait for all of them."""
    kinds = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
    page.get_by_label("Choose photos").set_input_files(
        [{"name": name, "mimeType": kinds[name[-3:]], "buffer": data} for name, data in photos.items()]
    )
    page.get_by_text("All done:").wait_for(timeout=PATIENT)


def dropped(page: Page, photos: dict[str, bytes]) -> None:
    """Drop photos on the page, and wait for all of them."""
    page.evaluate(
        """(photos) => {
          const held = new DataTransfer();
          for (const [name, text] of photos) {
            const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            held.items.add(new File([bytes], name, { type: "image/png" }));
          }
          document.getElementById("drop").dispatchEvent(
            new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
        }""",
        [[name, base64.b64encode(data).decode()] for name, data in photos.items()],
    )
    page.get_by_text("All done:").wait_for(timeout=PATIENT)


def taken(page: Page, button: str) -> bytes:
    """The file that a button gives."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(download.value.path()).read_bytes()


def own(page: Page, folder: Path) -> MaskNetFile:
    """The person's MaskNet, saved from the page."""
    path = folder / "me.masknet"
    path.touch(mode=0o600)
    path.write_bytes(taken(page, "Save as a file"))
    return read_masknet(path)


def by_command(photos: Sequence[bytes], masknet: MaskNetFile, *, lossless: bool = False) -> list[bytes]:
    """The photos as the command line cloaks them; or, before they are written with losses, as PNG."""
    cloak = PhotoCloak(FaceFinder(), face_cloak(masknet, "one-pass"), Appearance())
    pictures = [open_picture(data, "photo") for data in photos]
    if lossless:
        pictures = [
            replace(each, essence=each.essence._replace(format="PNG"), options={}) for each in pictures
        ]
    made = [cloak(picture, "photo").data for picture in pictures]
    return [data for data in made if data is not None]


def pixels(data: bytes) -> NDArray[Any]:
    """Colours of a photo, upright, as whole numbers."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    return np.asarray(image.convert("RGB")).astype(int)
