"""What stands in photos' files, read by the page as by the command line; browsers' canvases; names on every system."""

import io
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_examples import Site, by_command, dropped, enter, give, own, pixels, taken
from PIL import Image, ImageCms, ImageOps
from playwright.sync_api import Browser, Page, Route

from container_examples import (
    chunk,
    chunks,
    encoded,
    exif,
    exif_segment,
    inserted,
    markers,
    motion_photo,
    several_pictures,
)
from masquerade.data.containers.png import MARKS
from photo_examples import scene

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def files() -> dict[str, bytes]:
    """Photos as phones, cameras and editors write them; the same ones that tests/test_containers.py has."""
    plain = encoded(scene(), "JPEG", quality=61, icc_profile=PROFILE, dpi=(300, 200))
    lying = encoded(scene().transpose(Image.Transpose.ROTATE_90), "JPEG", quality=72)
    png = encoded(scene(), "PNG")
    places = [0, *markers(plain)[1:], len(plain)]
    colours = {
        b"gAMA": struct.pack(">I", 100_000),
        b"cHRM": struct.pack(">8I", *range(1, 9)),
        b"cICP": b"\x0c\x0d\0\1",
        b"cLLI": bytes(8),
        b"pHYs": struct.pack(">IIB", 11811, 11811, 1),
    }
    no_colours = [(b"gAMA", bytes(9)), (b"cHRM", bytes(33)), (b"sRGB", b"\1"), (b"sRGB", b"\2")]
    return {
        "filled.jpg": b"\xff\xff".join(plain[start:end] for start, end in pairwise(places)),
        "motion.jpg": motion_photo(several_pictures(plain)),
        "first-of-two.jpg": inserted(lying, 2, exif_segment(exif(6)) + exif_segment(exif(1))),
        "first-says-nothing.jpg": inserted(plain, 2, exif_segment(exif()) + exif_segment(exif(6))),
        "colours.png": inserted(png, 33, b"".join(chunk(*each) for each in colours.items())),
        "malformed.png": inserted(png, 33, b"".join(chunk(*each) for each in no_colours)),
    }


def told(data: bytes) -> dict[str, Any]:
    """What a file says of its picture."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    with Image.open(io.BytesIO(data)) as stored:
        found = {"size": image.size, "profile": stored.info.get("icc_profile")}
        if stored.format == "JPEG":
            density = stored.info["jfif_unit"], stored.info["jfif_density"]
            return {**found, "tables": stored.quantization, "density": density}  # type: ignore[attr-defined]
    return {**found, **{kind.decode(): body for kind, body in chunks(data) if kind in MARKS}}


def test_the_page_reads_files_as_the_command_line_does(page: Page, site: Site, tmp_path: Path) -> None:
    photos = files()
    enter(page, site)
    give(page, photos)
    for (name, data), cloaked in zip(
        photos.items(), by_command(list(photos.values()), own(page, tmp_path)), strict=True
    ):
        found = taken(page, f"Download {name}")
        assert told(found) == told(cloaked), name
        assert np.abs(pixels(found) - pixels(data)).max() > 4, name


NOISE = """
  const read = OffscreenCanvasRenderingContext2D.prototype.getImageData;
  OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...place) {
    const image = read.apply(this, place);
    for (let i = 0; i < image.data.length; i++) image.data[i] = i % 4 === 3 ? 255 : Math.floor(256 * Math.random());
    return image;
  };
"""
WHITE = NOISE.replace("Math.floor(256 * Math.random())", "255")
BLUR = NOISE.replace(
    "image.data[i] = i % 4 === 3 ? 255 : Math.floor(256 * Math.random())", "image.data[i] ^= i % 4 !== 3"
)
SMALL = """
  for (const name of ["drawImage", "putImageData"]) {
    const draw = OffscreenCanvasRenderingContext2D.prototype[name];
    OffscreenCanvasRenderingContext2D.prototype[name] = function (...rest) {
      if (this.canvas.width * this.canvas.height <= 20000) draw.apply(this, rest);
    };
  }
"""
NONE = """
  const given = OffscreenCanvas.prototype.getContext;
  OffscreenCanvas.prototype.getContext = function (...rest) {
    return this.width * this.height > 20000 ? null : given.apply(this, rest);
  };
"""


@pytest.mark.parametrize(
    ("browser_that", "words"),
    [
        (NOISE, "Tor Browser"),
        (WHITE, "Tor Browser"),
        (SMALL, "too large for this"),
        (NONE, "too large for this"),
    ],
    ids=["noise", "white", "draws nothing", "has no context"],
)
def test_a_browser_whose_canvas_does_not_hold_the_photo_is_told_from_a_photo_without_a_face(
    browser: Browser, site: Site, browser_that: str, words: str
) -> None:
    with page_in(browser, site, browser_that) as page:
        give(page, {"large.png": encoded(scene([(100, 50, 150)], (320, 240)), "PNG")})
        assert words in page.locator("#failed li").inner_text()


def test_a_browser_that_blurs_what_is_read_back_by_a_grey_level_cloaks_all_the_same(
    browser: Browser, site: Site
) -> None:
    with page_in(browser, site, BLUR) as page:
        give(page, {"a.png": encoded(scene(), "PNG")})
        page.get_by_role("button", name="Download a.png").wait_for()


@contextmanager
def page_in(browser: Browser, site: Site, patch: str) -> Iterator[Page]:
    """The page, whose worker finds another browser."""

    def patched(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=patch + answer.text())

    with browser.new_context(service_workers="block") as context:
        page = context.new_page()
        page.route("**/assets/worker-*.js", patched)
        page.goto(site.address)
        enter(page, site)
        yield page


def test_photos_of_kinds_that_a_browser_cannot_read_are_told_with_a_remedy(page: Page, site: Site) -> None:
    enter(page, site)
    give(page, {"IMG_0043.jpg": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500)})
    assert "save it as JPEG" in page.locator("#failed li").inner_text()
    give(page, {"line.png": encoded(Image.new("1", (40_000, 1)), "PNG")})
    assert "a side has at most 32767" in page.locator("#failed li").last.inner_text()


def test_the_archive_s_names_differ_on_every_system(page: Page, site: Site) -> None:
    enter(page, site)
    names = [
        "IMG.png",
        "img.png",
        "Img.PNG",
        "e\u0301.png",
        "\u00e9.png",
        "CON.png",
        "a:b?.png",
        "a\u202egnp.png",
        "dots...",
    ]
    dropped(page, {name: encoded(scene(), "PNG") for name in names})
    with zipfile.ZipFile(io.BytesIO(taken(page, "Download all"))) as archive:
        packed = archive.namelist()
    assert packed == [
        *(
            "cloaked-IMG.png",
            "cloaked-img-2.png",
            "cloaked-Img-3.PNG",
            "cloaked-e\u0301.png",
            "cloaked-\u00e9-2.png",
        ),
        *("cloaked-CON.png", "cloaked-a_b_.png", "cloaked-a_gnp.png", "cloaked-dots.png"),
    ]
