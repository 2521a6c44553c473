"""The page in Chromium: it cloaks as the command line does, and asks for nothing while it does."""

import io
import zipfile
from pathlib import Path

import numpy as np
from page_examples import Site, by_command, enter, give, own, pixels, taken
from PIL import Image, ImageCms
from playwright.sync_api import Browser, Page, Route

from photo_examples import encoded, scene


def test_three_photos_are_cloaked_as_the_command_line_does(page: Page, site: Site, tmp_path: Path) -> None:
    photos = {
        "a.png": encoded(scene([(40, 20, 90)])),
        "b.png": encoded(
            scene([(700, 300, 400), (100, 100, 60)], (1700, 1000), first=3)
        ),  # looked at in tiles
        "c.png": encoded(scene([(60, 60, 200)], (500, 400), first=5, mode="L")),
    }
    enter(page, site)
    site.asked.clear()
    give(page, photos)
    assert set(site.asked) <= {"/sw.js"}  # the browser looks for a newer page by itself
    expected = by_command(list(photos.values()), own(page, tmp_path))
    for (name, data), cloaked in zip(photos.items(), expected, strict=True):
        assert np.abs(pixels(cloaked) - pixels(data)).max() > 4
        assert np.abs(pixels(taken(page, f"Download {name}")) - pixels(cloaked)).max() <= 2, name
    with zipfile.ZipFile(io.BytesIO(taken(page, "Download all"))) as archive:
        assert archive.namelist() == [f"cloaked-{name}" for name in photos]
        assert archive.testzip() is None


def test_a_photo_that_lies_on_its_side_keeps_quality_and_colours(
    page: Page, site: Site, tmp_path: Path
) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker of the camera"
    turned = scene([(100, 100, 220)], (600, 500)).transpose(Image.Transpose.ROTATE_90)
    data = encoded(turned, "JPEG", quality=83, subsampling=2, exif=exif, icc_profile=profile)
    enter(page, site)
    give(page, {"a.jpg": data})
    found = taken(page, "Download a.jpg")
    (expected,) = by_command([data], own(page, tmp_path))
    with Image.open(io.BytesIO(found)) as image, Image.open(io.BytesIO(data)) as before:
        assert image.size == (600, 500)
        assert image.quantization == before.quantization  # type: ignore[attr-defined]
        assert image.info["icc_profile"] == profile
        assert b"maker of the camera" not in found
    assert np.abs(pixels(expected) - pixels(data)).max() > 4
    # Both are written with losses, turned differently: the bound on each pixel is in the next test.
    assert np.abs(pixels(found) - pixels(expected)).mean() < 1.5


LOSSLESS = """
  const write = OffscreenCanvas.prototype.convertToBlob;
  OffscreenCanvas.prototype.convertToBlob = function () { return write.call(this, { type: "image/png" }); };
"""


def test_jpegs_are_cloaked_as_the_command_line_does_before_they_are_written(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    def patched(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=LOSSLESS + answer.text())

    exif = Image.Exif()
    exif[0x0112] = 6
    turned = scene([(100, 100, 220)], (600, 500)).transpose(Image.Transpose.ROTATE_90)
    photos = {
        "turned.jpg": encoded(turned, "JPEG", quality=83, subsampling=2, exif=exif),
        "upright.jpg": encoded(
            scene([(60, 60, 300)], (640, 480), first=5), "JPEG", quality=92, subsampling=0
        ),
        "plain.png": encoded(scene([(40, 20, 90)], first=8)),
    }
    with browser.new_context(accept_downloads=True, service_workers="block") as context:
        page = context.new_page()
        page.route("**/assets/worker-*.js", patched)
        page.goto(site.address)
        enter(page, site)
        give(page, photos)
        expected = by_command(list(photos.values()), own(page, tmp_path), lossless=True)
        for (name, data), cloaked in zip(photos.items(), expected, strict=True):
            found = taken(page, f"Download {name}")
            assert found.startswith(b"\x89PNG")
            assert np.abs(pixels(cloaked) - pixels(data)).max() > 4
            assert np.abs(pixels(found) - pixels(cloaked)).max() <= 2, name
