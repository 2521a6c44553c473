"""Picture of the operator's console, of a provider that 60 people joined in eight weeks, all of it over its own API.

Run ``PYTHONPATH=tests:tests/page python docs/console_picture.py``.
"""

import json
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from page_examples import Site, site
from playwright.sync_api import sync_playwright

from masquerade.service.person.client import Client

CHROMIUM = "/usr/bin/chromium"
PICTURE = Path(__file__).parent / "pictures" / "console.png"
PEOPLE, WEEKS, STOCK = 60, 8, 64
REPLACED, REVOKED, FORGOTTEN = (4, 17, 23, 38, 51), (8, 29, 30, 46), (12, 41)
"""Which of them, in the order of joining."""


class Clock:
    """Says the time of the example, which goes on by leaps."""

    def __init__(self) -> None:
        self.now = time.time() - WEEKS * 7 * 86_400

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


def main() -> None:
    """Take it."""
    clock = Clock()
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("time.time", clock),
        site(Path(folder), stock=STOCK) as found,
    ):
        for _ in range(PEOPLE + len(REPLACED) + STOCK):
            found.provider.stock.add()
        operator = found.provider.operator_token()
        _lived(found, operator, clock)
        _shot(found.address, operator)


def _lived(found: Site, operator: str, clock: Clock) -> None:
    """Everybody is invited, joins and fetches a MaskNet; some change it, leave, or are sent away, a week later."""
    boss = Client(found.address, operator)
    step = (WEEKS * 7 - 10) * 86_400 / PEOPLE
    after: list[tuple[float, str, Client, str]] = []
    for number in range(PEOPLE):
        clock.now += step * (0.3 + 1.4 * (37 * number % PEOPLE) / PEOPLE)  # now sooner, now later
        while after and after[0][0] < clock.now:
            _parted(boss, *after.pop(0)[1:])
        person = Client(found.address)
        note = {"note": f"room {100 + number}"} if number % 3 else None  # some are invited without a word
        told = person.join(json.loads(boss.ask("POST", "/v1/invitations", note))["code"])
        clock.now += 300
        person.token = told["token"]
        person.masknet(told["account"], bytes.fromhex(told["public_key"]))
        groups = {"replace": REPLACED, "revoke": REVOKED, "forget": FORGOTTEN}
        ways = [way for way, chosen in groups.items() if number in chosen]
        after += [(clock.now + 7 * 86_400, way, person, told["account"]) for way in ways]
    for each in after:
        _parted(boss, *each[1:])


def _parted(boss: Client, way: str, person: Client, account: str) -> None:
    if way == "revoke":
        boss.ask("POST", f"/v1/accounts/{account}/revoke")
    elif way == "forget":
        person.forget()
    else:
        key = {"Idempotency-Key": f"another-{account}"}
        person.ask("POST", "/v1/masknet", {"replace": True}, key)
        person.ask("GET", "/v1/masknet")


def _shot(address: str, operator: str) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--no-zygote"])
        context = chromium.new_context(
            viewport={"width": 1100, "height": 1640},
            http_credentials={"username": "operator", "password": operator},
        )
        page = context.new_page()
        page.goto(f"{address}console")
        page.screenshot(path=PICTURE)
        chromium.close()


if __name__ == "__main__":
    main()
