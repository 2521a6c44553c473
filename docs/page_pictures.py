"""Pictures of the page for the person's guide.

Run ``PYTHONPATH=tests:tests/page python docs/page_pictures.py``.
"""

import tempfile
from pathlib import Path

from page_examples import PATIENT, enter, give, site
from playwright.sync_api import Page, sync_playwright

from photo_examples import canvas, encoded, scene

CHROMIUM = "/usr/bin/chromium"
PICTURES = Path(__file__).parent / "pictures"
PHOTOS = {
    "at the lake.png": encoded(scene([(430, 150, 300)], (1000, 700), first=3)),
    "two of us.png": encoded(scene([(180, 120, 260), (560, 160, 240)], (1000, 600), first=20)),
    "sky.png": encoded(canvas(400, 300)),
}


def main() -> None:
    """Take them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        site(Path(folder)) as provider,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--no-zygote"])
        page = chromium.new_page(viewport={"width": 900, "height": 760})
        page.set_default_timeout(PATIENT)
        page.goto(provider.address)
        page.get_by_text("works without a network").wait_for()
        page.screenshot(path=PICTURES / "page_join.png")
        enter(page, provider)
        give(page, PHOTOS)
        page.get_by_label("Closer").check()
        _from(page, "done-title")
        page.screenshot(path=PICTURES / "page_compare.png")
        page.get_by_role("button", name="Forget it …").click()
        page.get_by_label("On this device and at the provider").check()
        page.get_by_role("dialog").screenshot(path=PICTURES / "page_forget.png")
        page.get_by_role("button", name="Keep it").click()
        _from(page, "about-title")
        page.screenshot(path=PICTURES / "page_about.png")
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 360, "height": 740})
        _from(page, "done-title")
        page.screenshot(path=PICTURES / "page_phone.png")
        chromium.close()


def _from(page: Page, title: str) -> None:
    page.evaluate("title => document.getElementById(title).parentElement.scrollIntoView()", title)


if __name__ == "__main__":
    main()
