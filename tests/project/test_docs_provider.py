"""The provider's guide: its commands run, its numbers are those of the code."""

import re
import shlex
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.cli.commands.psp_service import settings_of
from masquerade.keys import Key
from masquerade.service.masknets.collusion_figures import measured_leaks
from masquerade.service.provider import Provider
from masquerade.service.settings import Policy, ServiceSettings
from masquerade.service.web import guard, rates, serving
from masquerade.service.web.listening import CONNECTIONS, ListeningAddress
from places import ROOT
from service_examples import Cluster
from tls_examples import certificate

pytest_plugins = ["service_fixtures"]

GUIDE = (ROOT / "docs" / "guide" / "provider.md").read_text(encoding="utf-8")
MODEL = (ROOT / "docs" / "guide" / "service-threat-model.md").read_text(encoding="utf-8")
ELSEWHERE = "postgresql://psp@db.example/psp"
PROMPT = re.compile(r"^\$ masquerade (.*)$", re.MULTILINE)


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[ServiceSettings]:
    """What was served; nothing listens."""
    begun: list[ServiceSettings] = []

    def listen(settings: ServiceSettings, where: ListeningAddress, _: object) -> None:
        serving.require_private(where)
        begun.append(settings)

    monkeypatch.chdir(tmp_path)
    certificate(tmp_path)
    monkeypatch.setattr(serving, "serve", listen)
    return begun


def last_invitation(database: str) -> str:
    """Handle of an invitation that nobody used; nothing before there is a provider."""
    if not Path("psp.key").exists():
        return ""
    psp = Provider(settings_of(database, Path("psp.key")), Key.load("psp.key"))
    still = [row["handle"] for row in psp.invitations() if row["state"] == "open"]
    psp.close()
    return still[0] if still else ""


def test_the_commands_of_the_guide_run(
    started: list[ServiceSettings], address: str, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """As they stand, but for where the databases are; the one in use is still served after a rehearsed restore."""
    live = "sqlite:///psp.db" if address.startswith("sqlite") else address
    elsewhere, left = cluster.database(), "nobody"
    for command in PROMPT.findall(GUIDE):
        known = {"ACCOUNT": left, ELSEWHERE: elsewhere, "HANDLE": last_invitation(live)}
        words = [known.get(word, word) for word in shlex.split(command)]
        if "--database" not in words:
            words += ["--database", live]
        assert run(words) == 0, command
        if words[1] == "serve" or "ACCOUNT" in command:
            psp = Provider(settings_of(live, Path("psp.key")), Key.load("psp.key"))
            left = psp.join(psp.invite())["account"]
            psp.close()
    assert started[-1].database == elsewhere
    assert f"{left}  active  0 issued" not in capsys.readouterr().out
    for command in ("accounts", "audit verify", "invite", "serve"):
        assert run(["psp", *command.split(" "), "--database", live]) == 0, command
    assert f"{left}  active  0 issued" in capsys.readouterr().out


def test_the_table_of_quotas_is_the_policy() -> None:
    policy, limits = Policy(), rates.LIMITS
    table = dict(re.findall(r"^\| (.*?) \| (.*?) \|$", GUIDE, re.MULTILINE))
    assert table["replacements"] == f"1 in {policy.replacement_days} days"
    assert table["MaskNets of an account, ever"] == str(policy.lifetime)
    assert table["invitation, token"] == f"{policy.invitation_days} days, {policy.token_days} days"
    assert table["the same answer for the same `Idempotency-Key`"] == f"{policy.idempotency_days} days"
    (address, minute), (own, _), (joins, quarter) = limits["address"], limits["account"], limits["join"]
    assert (minute, quarter) == (60, 900)
    assert table["requests of an address, of an account"] == f"{address} a minute, {own} a minute"
    assert table["joining, an address"] == f"{joins} in 15 minutes"
    assert f"at least {policy.min_distance} of" in GUIDE
    assert f"(`--stock`, {policy.stock})" in GUIDE


def test_who_opens_a_provider_is_told_what_was_measured(
    started: list[ServiceSettings], capsys: pytest.CaptureFixture[str]
) -> None:
    leaks = measured_leaks()
    one, most = leaks.recognised[0], leaks.recognised[-1]
    assert run(["psp", "serve"]) == 0
    assert "MaskNets" not in capsys.readouterr().err
    assert run(["psp", "serve", "--open-joins", "7"]) == 0
    told = capsys.readouterr().err
    assert "7 a day" in told
    assert "up to 210 in 30 days" in told
    assert [settings.policy.open_joins_a_day for settings in started] == [0, 7]
    for share in (one.value, one.low, most.value, most.high, leaks.clean.value, leaks.chance):
        assert f"{share:.0%}" in told
    words = " ".join(GUIDE.split())
    assert f"recognises {one.value * 100:.0f} % of photos" in words
    low, value, high = (f"{share * 100:.0f}" for share in (most.low, most.value, most.high))
    assert f"with a hundred {value} % (95 %: {low} to {high})" in words
    assert f"nobody cloaks {leaks.clean.value * 100:.0f} %, by guessing {leaks.chance * 100:.0f} %" in words


def test_the_threat_model_names_the_limits_that_hold() -> None:
    assert f"body {guard.LARGEST_BODY // 1024} KiB" in MODEL
    assert f"JSON depth {guard.DEEPEST}" in MODEL
    assert f"{CONNECTIONS:,} connections a worker" in MODEL
    assert "## Out of scope" in MODEL
