"""The page in a person's hands: photos that cannot be cloaked, strength, cancelling, offline, keyboard, axe."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_examples import PATIENT, Site, dropped, enter, give, join
from PIL import Image
from playwright.sync_api import Page, expect

from photo_examples import canvas, encoded, scene


def number(page: Page) -> float:
    """The similarity that is shown."""
    found = re.search(r"similarity (\d\.\d+)", page.locator("#caption").inner_text())
    assert found
    return float(found[1])


def test_photos_that_cannot_be_cloaked_are_listed_with_the_reason(page: Page, site: Site) -> None:
    enter(page, site)
    photos = {
        "sky.png": encoded(canvas(200, 150)),
        "broken.png": b"no photo",
        "huge.png": encoded(Image.new("1", (6000, 6000))),
        "deep.png": encoded(Image.new("I;16", (50, 50))),
    }
    give(page, photos)
    rows = dict(zip(photos, page.locator("#failed li").all_inner_texts(), strict=True))
    assert "No face was found" in rows["sky.png"]
    assert "cannot read" in rows["broken.png"]
    assert "36 megapixels; at most 25" in rows["huge.png"]
    assert "16 bits" in rows["deep.png"]
    assert page.locator("#done-part").is_hidden()


def test_strength_shows_similarity_at_once_and_cancel_stops(page: Page, site: Site) -> None:
    enter(page, site)
    give(page, {"a.png": encoded(scene([(40, 20, 90)]))})
    before = number(page)
    strength = page.get_by_label("Strength")
    strength.evaluate("e => { e.value = '0.3'; e.dispatchEvent(new Event('input')); }")
    expect(page.locator("#caption")).not_to_contain_text(f"{before:.3f}", timeout=PATIENT)
    assert number(page) > before
    strength.evaluate("e => { e.value = '2'; e.dispatchEvent(new Event('change')); }")
    page.get_by_text("lower the strength").wait_for()
    strength.evaluate("e => { e.value = '0.5'; e.dispatchEvent(new Event('change')); }")
    page.get_by_role("button", name="Download a.png").wait_for()
    files = [
        {"name": f"{k}.png", "mimeType": "image/png", "buffer": encoded(scene(first=k))} for k in range(20)
    ]
    page.get_by_label("Choose photos").set_input_files(files)  # type: ignore[arg-type]
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("All done:").wait_for()
    assert page.locator("#failed").get_by_text("Cancelled.").count() >= 15


def test_photos_are_cloaked_without_a_network_after_loading(page: Page, site: Site) -> None:
    enter(page, site)
    page.get_by_text("works without a network").wait_for()
    page.context.set_offline(True)
    site.asked.clear()
    page.reload()
    give(page, {"a.png": encoded(scene([(40, 20, 90)]))})
    page.get_by_role("button", name="Download a.png").wait_for()
    assert set(site.asked) <= {"/sw.js"}


def test_the_keyboard_alone_is_enough(
    page: Page, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    photo = tmp_path_factory.mktemp("photos") / "a.png"
    photo.write_bytes(encoded(scene([(40, 20, 90)])))
    page.on("filechooser", lambda chooser: chooser.set_files(photo))  # long before: to begin takes a while

    def to(name: str) -> None:
        seen: list[str] = []
        for _ in range(30):
            page.keyboard.press("Tab")
            seen.append(page.evaluate("document.activeElement.id || document.activeElement.ariaLabel"))
            if seen[-1] == name:
                return
        raise AssertionError(seen)

    to("code")
    page.keyboard.type(site.provider.invite())
    page.keyboard.press("Enter")
    page.get_by_text("Your MaskNet is ready").wait_for()
    expect(page.locator("#photos")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_text("All done:").wait_for(timeout=PATIENT)
    to("cut")
    page.keyboard.press("Home")
    assert (
        page.evaluate("getComputedStyle(document.getElementById('pictures')).getPropertyValue('--cut')")
        == "0%"
    )
    to("Download a.png")
    with page.expect_download():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_screen_reader_finds_its_way(page: Page, site: Site, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    join(page, "wrong")
    page.get_by_role("alert").filter(has_text="letters and digits").wait_for()
    problems = Axe().run(page)
    assert problems.violations_count == 0, problems.generate_report()
    enter(page, site)
    give(page, {"a.png": encoded(scene([(40, 20, 90)])), "sky.png": encoded(canvas(200, 150))})
    problems = Axe().run(page)
    assert problems.violations_count == 0, problems.generate_report()


def test_a_narrow_screen_shows_all_without_scrolling_sideways(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    enter(page, site)
    name = "a-photo-with-a-long-name-as-cameras-give-them.png"
    dropped(page, {name: encoded(scene([(40, 20, 90)]))})
    page.get_by_role("button", name=f"Download {name}").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("width", [360, 1000])
def test_nothing_shows_through_the_corners_of_what_the_page_says(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 500})
    join(page, "wrong")
    page.get_by_role("alert").filter(has_text="letters and digits").wait_for()
    page.evaluate("window.scrollTo(0, 600)")
    box = page.get_by_role("alert").bounding_box()
    assert box
    assert box["y"] < 20
    for x in (box["x"] - 4, box["x"] + 1, box["x"] + box["width"] - 1, box["x"] + box["width"] + 4):
        for y in (0, box["y"] + 1, box["y"] + box["height"] - 1):
            assert page.evaluate("([x, y]) => !!document.elementFromPoint(x, y).closest('#told')", [x, y])
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        drawn = page.evaluate("getComputedStyle(document.getElementById('told')).backgroundColor")
        assert re.fullmatch(r"rgb\(.*\)", drawn), drawn  # no rgba: nothing is seen through it


def test_a_tall_photo_fits_the_screen_with_its_slider(page: Page, site: Site) -> None:
    enter(page, site)
    give(page, {"tall.png": encoded(scene([(100, 300, 120)], (300, 900)))})
    assert page.locator("#pictures").evaluate("e => e.offsetHeight") <= 0.7 * 900 + 1
    page.locator("#viewer").evaluate("e => e.scrollIntoView({ block: 'center' })")
    expect(page.locator("#cut")).to_be_in_viewport()
