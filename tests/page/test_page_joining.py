"""Joining in the page: bad codes, forged MaskNets, MaskNets out of files."""

import json
from pathlib import Path

import torch
from page_examples import Site, enter, forget, join, own
from playwright.sync_api import Page, Route, expect

from masquerade.masknets import MaskNetFile, UntrainedSource, masknet_bytes
from masquerade.networks.cloaks.masknet import structure
from masquerade.service.accounts.invitation_code import InvitationCode, read_code
from masquerade.service.accounts.key_pin import pin

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "invitation_codes.json").read_text("utf-8"))


def test_a_code_that_lapsed_is_told_in_words(page: Page, site: Site) -> None:
    join(page, site.lapsed())
    page.get_by_role("alert").filter(has_text="is not known, was used, or has expired").wait_for()
    assert page.get_by_label("Choose photos").is_disabled()


def test_codes_are_read_as_by_the_command_line(page: Page, site: Site) -> None:
    """A slip is told with its group before anything is sent; the others fit this site, or do not."""
    site.asked.clear()
    for case in VECTORS["codes"]:
        if "slip" in case and case["typed"]:
            join(page, case["typed"])
            words = case["slip"][0].upper() + case["slip"][1:]
            page.get_by_role("alert").filter(has_text=words).wait_for()
    assert [path for path in site.asked if path.startswith("/v1")] == []
    for case in VECTORS["codes"]:
        if "pin" in case:
            ours = pin(case["secret"], site.provider.signer.public) == case["pin"]
            words = (
                "is not known, was used"
                if ours
                else "does not fit this site. Check that you copied all of it"
            )
            page.evaluate("document.getElementById('alarm').textContent = ''")
            join(page, case["typed"])
            page.get_by_role("alert").filter(has_text=words).wait_for()


def test_a_link_brings_the_code_and_does_not_keep_it(page: Page, site: Site) -> None:
    code = site.provider.invite()
    page.goto(f"{site.address}#{code}")
    expect(page.get_by_label("Invitation code")).to_have_value(code)
    page.reload()
    assert page.url == site.address
    page.goto("about:blank")
    page.goto(f"{site.address}#{code}")
    expect(page.get_by_label("Invitation code")).to_have_value(code)
    assert page.url == site.address
    page.get_by_role("button", name="Join").click()
    page.get_by_text("Your MaskNet is ready").wait_for()
    assert page.evaluate("document.body.innerHTML").count(code) == 0


def test_bytes_that_the_provider_did_not_sign_are_refused(page: Page, site: Site) -> None:
    def forged(route: Route) -> None:
        if route.request.method != "GET":
            return route.continue_()
        answer = route.fetch()
        body = bytearray(answer.body())
        body[-1] ^= 1
        return route.fulfill(response=answer, body=bytes(body))

    page.route("**/v1/masknet", forged)
    join(page, site.provider.invite())
    page.get_by_role("alert").filter(has_text="not those that the provider signed").wait_for()
    assert page.get_by_label("Choose photos").is_disabled()
    # The code is used up, but the account is kept: an honest answer later still brings the MaskNet.
    page.unroute("**/v1/masknet")
    page.reload()
    page.get_by_text("Your MaskNet is on this device").wait_for()


def test_another_provider_than_the_invitation_names_is_not_told_the_code(page: Page, site: Site) -> None:
    site.asked.clear()
    secret = read_code(site.provider.invite()).secret
    join(page, InvitationCode(secret, pin(secret, bytes(32))).text)
    page.get_by_role("alert").filter(
        has_text="does not fit this site. Check that you copied all of it"
    ).wait_for()
    assert "/v1/join" not in site.asked


def test_joining_again_brings_an_answer_that_was_lost(page: Page, site: Site) -> None:
    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    code = site.provider.invite()
    page.route("**/v1/join", lost)
    join(page, code)
    page.get_by_role("alert").filter(has_text="cannot be reached").wait_for()
    page.unroute("**/v1/join")
    page.reload()
    join(page, code)
    page.get_by_text("Your MaskNet is ready").wait_for()


def choose(page: Page, data: bytes) -> None:
    """Choose a file as one's MaskNet."""
    page.get_by_label("Choose your MaskNet’s file").set_input_files(
        {"name": "me.masknet", "mimeType": "application/octet-stream", "buffer": data}
    )


def test_a_masknet_of_another_size_and_a_damaged_one_are_refused(page: Page) -> None:
    small = MaskNetFile.drawn(UntrainedSource(structure("masknet-2", 48)), torch.linspace(-1, 1, 256))
    for data, words in ((masknet_bytes(small), "masknet-2, 48 pixels"), (b"nothing", "or it is damaged")):
        choose(page, data)
        page.get_by_role("alert").filter(has_text=words).wait_for()


def test_a_file_is_taken_and_said_to_be_unsigned(page: Page, site: Site, tmp_path: Path) -> None:
    enter(page, site)
    expect(page.locator("#own-words")).to_contain_text("the one that the provider signed for you")
    before = masknet_bytes(own(page, tmp_path))
    forget(page, "On this device only")
    choose(page, before)
    page.get_by_text("Your MaskNet is ready").wait_for()
    for _ in range(2):  # still so when the page is loaded again
        expect(page.locator("#own-words")).to_contain_text("files are not signed")
        assert masknet_bytes(own(page, tmp_path)) == before
        page.reload()
    # This browser has no account any more, so that only it can forget.
    page.get_by_role("button", name="Forget it …").click()
    expect(page.get_by_role("dialog")).to_contain_text("no account to delete at a provider")
    assert page.get_by_role("dialog").get_by_role("radio").count() == 0
