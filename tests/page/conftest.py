"""One provider for all tests of the page."""

from collections.abc import Iterator

import page_examples
import pytest
from page_examples import PATIENT, Site
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with page_examples.site(tmp_path_factory.mktemp("psp")) as found:
        found.provider.stock.add()  # opens the hypernetwork, which takes longer than a request should
        yield found


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with browser.new_context(accept_downloads=True, viewport={"width": 1000, "height": 900}) as context:
        opened = context.new_page()
        opened.set_default_timeout(PATIENT)
        answer = opened.goto(site.address)
        assert answer, "no answer"
        assert answer.ok, answer.text()
        yield opened
