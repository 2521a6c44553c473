"""The page in Chromium: a photo of 12 megapixels with one face, from choosing it to the cloaked file."""

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import torch
from playwright.sync_api import Page, sync_playwright

import masquerade
from bench.measure import Row
from bench.service_process import processor_seconds_of
from bench.whole_photos import photo
from masquerade.masknets import MaskNetFile, masknet_bytes, open_source
from masquerade.service.web.guard import HEADERS

CHROMIUM = "/usr/bin/chromium"
BUILT = Path(masquerade.__file__).parent / "service" / "page"
REPEATS = 8
PATIENT = 180_000
"""Milliseconds."""


def rows() -> Iterator[Row]:
    """Seconds that pass, the least of some repeats after the first; threads as many as the machine has cores."""
    with tempfile.TemporaryDirectory() as folder, opened() as page:
        picture, masknet = Path(folder) / "photo.jpg", Path(folder) / "me.masknet"
        picture.write_bytes(photo())
        masknet.write_bytes(masknet_bytes(MaskNetFile.drawn(open_source(), torch.randn(256))))
        page.get_by_label("Choose your MaskNet’s file").set_input_files(masknet)
        page.get_by_text("Your MaskNet is ready").wait_for(timeout=PATIENT)
        first = seconds(page, picture, 0)
        begun = processor_seconds_of(os.getpid())
        others = [seconds(page, picture, count) for count in range(1, REPEATS)]
        each = (processor_seconds_of(os.getpid()) - begun) / len(others)
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} while measuring"
    yield Row("page.photo.12-megapixels", min(others), "s", load, None, 3)
    yield Row("page.photo.12-megapixels.first", first, "s", load, None, None)
    yield Row("page.photo.12-megapixels.processor", each, "s", "of all of Chromium, a photo", None, None)


def seconds(page: Page, picture: Path, before: int) -> float:
    """Cloak a photo, where so many were cloaked before."""
    started = time.perf_counter()
    page.get_by_label("Choose photos").set_input_files(picture)
    page.locator("#done li").nth(before).wait_for(timeout=PATIENT)
    return time.perf_counter() - started


@contextmanager
def opened() -> Iterator[Page]:
    """The built page behind the service's headers, and nothing else of the service."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(BUILT))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--no-zygote"]
            )
            page = chromium.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            yield page
            chromium.close()
        server.shutdown()


class _Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *args: object) -> None:
        del args
