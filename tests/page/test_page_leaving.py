"""Forgetting in the page: on this device, at the provider too, and what happens where that does not work."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_examples import Site, confirm, enter, forget, give, join, own
from playwright.sync_api import Page, Route, expect

from masquerade.errors import ServiceError
from masquerade.masknets import masknet_bytes
from masquerade.service.person.client import Client
from photo_examples import encoded, scene

HERE, THERE = "On this device only", "On this device and at the provider"
KEPT = """(name) => new Promise((resolve) => {
  const asked = indexedDB.open("masquerade", 1);
  asked.onsuccess = () => {
    const got = asked.result.transaction("own").objectStore("own").get(name);
    got.onsuccess = () => { asked.result.close(); resolve(got.result ?? null); };
  };
})"""


def account(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(KEPT, "account")
    return found


def state(site: Site, page_account: dict[str, Any]) -> str:
    return next(row["state"] for row in site.provider.accounts() if row["id"] == page_account["account"])


def offer(page: Page, where: str) -> None:
    """Open the dialog, and choose."""
    page.get_by_role("button", name="Forget it …").click()
    page.get_by_label(where).check()


def test_what_is_forgotten_here_stays_at_the_provider(page: Page, site: Site) -> None:
    enter(page, site)
    known = account(page)
    forget(page, HERE)
    for name in ("account", "masknet", "wish", "origin"):
        assert page.evaluate(KEPT, name) is None
    page.reload()
    page.get_by_label("Invitation code").wait_for()
    assert page.get_by_label("Choose photos").is_disabled()
    assert state(site, known) == "active"
    assert Client(site.address, known["token"]).ask("GET", "/v1/masknet")


def test_what_is_forgotten_at_the_provider_is_gone_there_too(page: Page, site: Site) -> None:
    code = site.provider.invite()
    join(page, code)
    page.get_by_text("Your MaskNet is ready").wait_for()
    known = account(page)
    forget(page, THERE)
    expect(page.locator("#status")).to_contain_text("your account deleted at the provider")
    assert known["account"] not in {row["id"] for row in site.provider.accounts()}
    with pytest.raises(ServiceError, match="token"):
        Client(site.address, known["token"]).ask("GET", "/v1/masknet")
    assert page.evaluate(KEPT, "masknet") is None
    join(page, code)
    page.get_by_role("alert").filter(has_text="is not known, was used, or has expired").wait_for()


def test_offline_nothing_is_lost_and_the_reason_is_told(page: Page, site: Site, tmp_path: Path) -> None:
    enter(page, site)
    before, known = masknet_bytes(own(page, tmp_path)), account(page)
    page.context.set_offline(True)
    offer(page, THERE)
    confirm(page)
    told = page.get_by_role("dialog").get_by_role("alert")
    expect(told).to_contain_text("cannot be reached")
    expect(told).to_contain_text("Your MaskNet is still on this device")
    page.context.set_offline(False)
    page.get_by_role("button", name="Keep it").click()
    page.reload()
    assert masknet_bytes(own(page, tmp_path)) == before
    assert account(page) == known
    assert state(site, known) == "active"


def test_an_answer_that_was_lost_leaves_the_way_out_on_this_device(page: Page, site: Site) -> None:
    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    enter(page, site)
    page.route("**/v1/account", lost)
    offer(page, THERE)
    confirm(page)
    told = page.get_by_role("dialog").get_by_role("alert")
    expect(told).to_contain_text("cannot be reached")
    page.unroute("**/v1/account")
    confirm(page)
    expect(told).to_contain_text("the account was deleted or closed")
    page.get_by_label(HERE).check()
    confirm(page)
    page.get_by_text("was forgotten on this device").wait_for()


def test_no_photo_is_cloaked_with_a_forgotten_masknet(page: Page, site: Site) -> None:
    enter(page, site)
    give(page, {"a.png": encoded(scene())})
    caption = page.locator("#caption").inner_text()
    forget(page, HERE)
    change = "e => { e.value = '0.3'; for (const n of ['input', 'change']) e.dispatchEvent(new Event(n)); }"
    page.get_by_label("Strength").evaluate(change)
    expect(page.locator("#status")).to_contain_text("was forgotten")
    page.get_by_role("button", name="Download a.png").wait_for()  # what was made stays
    assert page.locator("#caption").inner_text() == caption


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_is_for_the_keyboard_and_the_screen_reader(page: Page, site: Site, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 360, "height": 640})
    enter(page, site)
    page.get_by_role("button", name="Forget it …").press("Enter")
    dialog = page.get_by_role("dialog", name="Forget your MaskNet?")
    expect(dialog.get_by_role("radio", name=HERE)).to_be_focused()
    expect(dialog.get_by_role("radio", name=HERE)).to_have_accessible_description(
        "This browser deletes the MaskNet and its access to your account. The provider keeps the account and the "
        "secret of your MaskNet, and you cannot have them deleted from here later."
    )
    problems = Axe().run(page)
    assert problems.violations_count == 0, problems.generate_report()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Forget it …")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("radio", name=HERE)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("radio", name=THERE)).to_be_checked()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("your account deleted at the provider").wait_for()
    expect(page.get_by_role("heading", name="1. Your MaskNet")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
