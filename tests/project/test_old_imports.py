"""What scripts that users keep import from within stays importable until 0.3, and works as they use it."""

import importlib
from pathlib import Path

import pytest

from masquerade.errors import TooMuch

KEPT = [
    ("masquerade.cli.starting", "run"),
    ("masquerade.errors", "TooMuch"),
    ("masquerade.service.web", "rates"),
    ("masquerade.service.web.rates", "Rates"),
    ("masquerade.service.web.rates", "time"),
]
"""Of ``11-no-hard-links``, ``12-folder-cannot-be-synced`` and ``18-clock-set-back`` among the reviewers' scripts."""


@pytest.mark.parametrize(("module", "name"), KEPT)
def test_what_was_imported_still_is(module: str, name: str) -> None:
    found = importlib.import_module(module)
    assert hasattr(found, name) or importlib.import_module(f"{module}.{name}")


def test_a_command_runs_from_a_list_of_words_and_gives_its_exit_code(tmp_path: Path) -> None:
    from masquerade.cli.starting import run

    assert run(["key", "new", str(tmp_path / "owner.key")]) == 0
    assert run(["key", "new", str(tmp_path / "owner.key")]) == 1


def test_limits_are_spent_by_name_and_address_and_say_how_long_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from masquerade.service.web import rates

    limits = rates.Rates(tmp_path / "rates.db")
    right = rates.time.time()  # type: ignore[attr-defined]
    monkeypatch.setattr(rates.time, "time", lambda: right)  # type: ignore[attr-defined]
    for _ in range(rates.LIMITS["address"][0]):
        limits.spend("address", "192.0.2.1")
    with pytest.raises(TooMuch) as refused:
        limits.spend("address", "192.0.2.1")
    assert refused.value.wait is not None
    assert 0 < refused.value.wait <= 60
