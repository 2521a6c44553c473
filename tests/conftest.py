"""What all tests share: programs from Debian's packages, and a plain word at the end of what was not tested."""

import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import debian
import places

places.let_import()
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""Under nohup programs that tests begin would not hear a lost terminal, which some of them are to hear."""

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from service_examples import Cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="A test that is skipped fails the run.")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say in which order the tests run: pytest-randomly is silent where pytest is told to be quiet."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    seed = getattr(session.config.option, "randomly_seed", None)
    if reporter and seed is not None and not hasattr(session.config, "workerinput"):
        reporter.write_line(f"random order: --randomly-seed={seed}")


@pytest.fixture(scope="session", autouse=True)
def _pieces_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Audits of tests keep their pieces apart from the user's."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MASQUERADE_PIECES", str(tmp_path_factory.getbasetemp() / "pieces"))
        yield


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Debian's Chromium."""
    return _program("chromium")


@pytest.fixture(scope="session")
def browser(chromium: Path) -> "Iterator[Browser]":
    """One Chromium for all tests of a process: a second one beside it cannot be started."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=str(chromium), args=["--no-sandbox", "--no-zygote"]
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def cluster() -> "Iterator[Cluster]":
    """A PostgreSQL server of the tests' own."""
    _program("postgresql")
    from service_examples import Cluster

    with tempfile.TemporaryDirectory(prefix="pg") as folder:  # a socket's path must be short
        running = Cluster(Path(folder))
        yield running
        running.stop()


def _program(package: str) -> Path:
    try:
        return debian.program(package)
    except debian.NotInstalled as missing:
        pytest.skip(str(missing))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped and why; without being asked."""
    reasons = _skipped(terminalreporter)
    if reasons:
        terminalreporter.section("NOT TESTED", sep="!")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count} tests skipped: {reason}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With ``--no-skips``, a run that skipped something has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter and session.config.getoption("--no-skips") and _skipped(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skipped(reporter: pytest.TerminalReporter) -> Counter[str]:
    found: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", ()):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        found[reason.removeprefix("Skipped: ")] += 1
    return found
