"""``--json``: every command that answers has it, and answers what docs/reference/cli.md says."""

import json
import runpy
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from masquerade.api.report import Report
from masquerade.cli.answers import ANSWERS, SILENT
from masquerade.cli.app import COMMANDS, run
from masquerade.cli.catalogue import command_options
from masquerade.cli.commands import audit_folders
from masquerade.cli.commands.psp_service import open_provider
from masquerade.cli.lazy import every
from masquerade.data import builtin
from places import ROOT

VISIBLE = {name: command for name, command in every(COMMANDS) if not command.hidden}


def of_type(value: Any, kind: Any) -> bool:  # noqa: ANN401 - any JSON, any annotation
    """Whether a value of JSON is of a type: no field more, none less."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        fields = get_type_hints(kind)
        return value.keys() == fields.keys() and all(of_type(value[name], fields[name]) for name in fields)
    if origin is list:
        return isinstance(value, list) and all(of_type(each, inner[0]) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(of_type(each, inner[1]) for each in value.values())
    if inner:
        return any(of_type(value, each) for each in inner)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind


def test_the_check_finds_other_types() -> None:
    kind = ANSWERS["key show"][0]
    assert of_type({"fingerprint": "x", "created": "y", "passphrase": False}, kind)
    assert not of_type({"fingerprint": "x", "created": "y"}, kind)
    assert not of_type({"fingerprint": "x", "created": "y", "passphrase": 0}, kind)


def test_every_command_answers_in_json_or_says_why_not() -> None:
    assert ANSWERS.keys() | SILENT.keys() == VISIBLE.keys()
    for name, command in VISIBLE.items():
        options = [option["names"] for option in command_options(command.place)]
        assert (["--json"] in options) == (name in ANSWERS), name


def test_the_reference_is_what_the_code_says() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "cli_reference.py"))
    assert script["PAGE"].read_text("utf-8") == script["page"](), "run python docs/cli_reference.py"


def answered(line: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> list[dict[str, Any]]:
    """What a command prints, a line of JSON each; checked against the documented types."""
    words = line.split()
    name = max((name for name in ANSWERS if line.startswith(f"{name} ") or line == name), key=len)
    assert run([*words, "--json"]) == code, capsys.readouterr().err
    rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert rows, line
    for row in rows:
        assert any(of_type(row, kind) for kind in ANSWERS[name]), (line, row)
    return rows


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_keys(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASQUERADE_PASSPHRASE", "one")
    monkeypatch.setenv("MASQUERADE_NEW_PASSPHRASE", "one")
    made = answered("key new a.key", capsys)
    assert answered("key show a.key", capsys)[0]["fingerprint"] == made[0]["fingerprint"]
    answered("key passphrase a.key", capsys)
    assert answered("key show a.key", capsys)[0]["passphrase"] is True
    answered("key backup a.key -o a.backup", capsys)
    assert answered("key restore a.backup -o b.key", capsys)[0] == {**made[0], "path": "b.key"}


def test_lists_and_this_machine(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    protections = answered("list protections", capsys)
    assert {row["name"]: row["grade"] for row in protections}["dn-lfw"].startswith("BROKEN")
    assert [row["name"] for row in answered("list attacks gram_fingerprint", capsys)] == ["gram_fingerprint"]
    assert {row["name"] for row in answered("study list", capsys)} >= {"demo", "dn_table2_lfw"}
    rows = answered("doctor", capsys)
    assert {row["part"] for row in rows} >= {"python", "torch", "keys", "service", "sealed galleries"}


def test_reports_are_compared(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed = ROOT / "studies" / "results" / "dn_table2_lfw.json"
    report = json.loads(committed.read_text("utf-8"))
    report["arms"][0]["grade"] = "INCOMPLETE"
    leak = next(leak for leak in report["arms"][1]["leaks"] if leak["headline"])
    leak["headline"] |= {"value": 7.0, "low": 6.0, "high": 8.0}
    (here / "later.json").write_text(json.dumps(report))
    rows = answered(f"study compare {committed} later.json", capsys)
    assert (rows[0]["what"], rows[0]["after"]) == ("grade", "INCOMPLETE")
    assert rows[1]["after"] == 7.0
    assert len(rows) == 2
    assert run(["study", "compare", str(committed), "nowhere"]) == 1


def test_the_page_of_a_report_that_is_there(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed = ROOT / "studies" / "results" / "dn_table2_lfw.json"
    (row,) = answered(f"study page {committed} -o handed", capsys)
    folder = here / "handed"
    assert Path(row["report"]) == Path("handed") / "report.html"
    assert {path.name for path in folder.iterdir()} == {
        "report.html",
        "report.json",
        "report.md",
        "summary.json",
    }
    assert "What changed" not in (folder / "report.html").read_text("utf-8")
    answered(f"study page handed -o later --compare {committed}", capsys)
    for name in ("report.html", "report.md"):
        assert "What changed since the earlier report" in (here / "later" / name).read_text("utf-8")


def test_a_page_that_may_hold_pictures_is_not_replaced_unasked(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed = ROOT / "studies" / "results" / "dn_table2_lfw.json"
    answered(f"study page {committed} -o handed", capsys)
    page = here / "handed" / "report.html"
    page.write_text("with pictures")
    for source in ("handed", "handed/report.json"):
        assert run(["study", "page", source, "-o", "handed"]) == 1
        assert page.read_text() == "with pictures"
    answered("study page handed -o handed --overwrite", capsys)
    assert page.read_text() != "with pictures"


@pytest.mark.parametrize("wrong", ["[]", "{", '{"format": "masquerade-report"}'])
def test_what_is_no_report_has_no_page(here: Path, wrong: str) -> None:
    (here / "x.json").write_text(wrong)
    good = str(ROOT / "studies" / "results" / "dn_table2_lfw.json")
    assert run(["study", "page", "x.json", "-o", "out"]) == 1
    assert run(["study", "page", good, "-o", "out", "--compare", "x.json"]) == 1
    assert not (here / "out").exists()


def test_an_owner_and_the_cloud(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builtin.write_folders(here / "photos")
    for person in sorted((here / "photos").iterdir())[4:]:
        person.rename(here / person.name)
    run(["key", "new", "a.key"])
    capsys.readouterr()
    disguise = "disguise photos -o released --key a.key --faces as-is"
    assert answered(f"{disguise} --dry-run", capsys)[0]["written"] is False
    (here / "photos" / "s01" / "bad.jpg").write_bytes(b"no picture")
    done = answered(f"{disguise} --accept-broken", capsys, code=2)[0]
    assert (done["images"], [row["photo"] for row in done["rejected"]]) == (40, ["s01/bad.jpg"])
    assert answered("verify released", capsys)[0]["sound"] is True
    answered("train released -o model --network mlp", capsys)
    for command in ("identify model s05 --key a.key", "embed model s05 --key a.key"):
        assert len(answered(command, capsys)) == 10
    answered("embed model s05 --key a.key -o v.npz", capsys)
    answered("enrol model photos -o gallery --key a.key", capsys, code=2)
    answered("identify model s05 --key a.key --gallery gallery --closed-set", capsys)
    (here / "released" / "extra.txt").write_text("x")
    assert len(answered("verify released", capsys, code=2)[0]["findings"]) == 1


def test_the_registry_of_recognisers(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {row["name"]: row for row in answered("recogniser list", capsys)}
    assert rows["sface"]["accuracy"] > rows["resnet-public"]["accuracy"]
    assert rows["faceres"]["brought"]


def test_what_an_encoder_needs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builtin.write_folders(here / "photos")
    for command in ("answers", "bank"):
        made = answered(f"encoder {command} photos -o {command}.safetensors --faces as-is", capsys)[0]
        assert made["photos"] == 400
    assert answered("encoder edge -o edge.safetensors", capsys)[0]["bytes"] > 1000


def test_a_release_is_audited_with_its_key(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def audited(released: Path, **more: Any) -> Report:  # noqa: ANN401 - what it is asked for
        asked.append({"released": released, **more})
        return Report.load(ROOT / "studies" / "results" / "dn_table2_lfw.json")

    monkeypatch.setattr(audit_folders, "audit_released", audited)
    run(["key", "new", "a.key"])
    capsys.readouterr()
    audit = "audit photos --released released --key a.key --model model -o report"
    answered(audit, capsys)
    done = answered(f"{audit} --fail-if linkage>1%", capsys, code=3)[0]
    assert {arm["grade"] for arm in done["arms"]} >= {"BROKEN"}
    assert done["conditions"][0]["passed"] is False
    assert [asked[0][name] for name in ("released", "photos", "model")] == [
        Path("released"),
        Path("photos"),
        Path("model"),
    ]
    assert asked[0]["records"] == Path("a.records")
    written = {path.name for path in (here / "report").iterdir()}
    assert written == {"report.html", "report.json", "report.md", "summary.json"}
    assert run(["audit", "photos", "--released", "released", "-o", "other"]) == 1
    assert "--key" in capsys.readouterr().err


def test_a_person(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builtin.write_folders(here / "photos")
    run(["key", "new", "a.key"])
    capsys.readouterr()
    assert answered("masknet new --key a.key -o a.masknet", capsys)[0]["nearest"] is None
    assert (
        answered("cloak photos/s01/01.png -o out -m a.masknet --method one-pass", capsys)[0]["cloaked"] == 1
    )


def test_a_provider(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_provider("sqlite:///psp.db", Path("psp.key"), make=True).close()
    assert answered("psp invite --url https://psp.example", capsys)[0]["link"].startswith(
        "https://psp.example"
    )
    handle = answered("psp invitations", capsys)[0]["handle"]
    answered(f"psp withdraw {handle}", capsys)
    answered("psp operator", capsys)
    answered("psp audit verify", capsys)
    answered("psp backup copy.db", capsys)
    assert run(["psp", "accounts", "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_at_home(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builtin.write_folders(here / "photos")
    fitted = answered("recogniser fit --public -o model --faces as-is", capsys)
    assert (fitted[0]["method"], fitted[0]["photos"]) == ("as-is", 0)
    answered("enrol model photos -o gallery", capsys)
    assert answered("identify model photos/s02/03.png --gallery gallery", capsys)[0]["person"] == "s02"
    assert len(answered("embed model photos/s02", capsys)[0]["vector"]) == 128


def test_a_camera(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builtin.write_folders(here / "photos")
    run(["key", "new", "a.key"])
    capsys.readouterr()
    answered("sealed new a.key -o gallery --faces as-is", capsys)
    answered("sealed enrol gallery photos --strangers photos --accept-alike", capsys)
    assert len(answered("sealed people gallery", capsys)) == 40
    answered("sealed probe gallery/public photos/s02/03.png -o q", capsys)
    answered("sealed match gallery/public q -o answer", capsys)
    answered("sealed open gallery answer", capsys)
    assert answered("sealed remove gallery s02", capsys)[0]["people"] == 39
    assert answered("sealed reseal gallery", capsys)[0]["people"] == 39


def test_trainings_on_public_faces(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builtin.write_folders(here / "all")
    (here / "photos").mkdir()
    for number, photo in enumerate(sorted((here / "all").rglob("*.png"))[:64]):
        photo.rename((here / "photos").joinpath(f"{number}.png"))
    rows = "".join(f"{number}.png,{number % 2},{number // 2 % 2}\n" for number in range(64))
    (here / "told.csv").write_text(f"file,glasses,beard\n{rows}")
    small = "--size 16 --width 2 --faces as-is"
    drawn = answered(f"generator train photos -o faces {small} --latents 4 --steps 2 --batch 2", capsys)[0]
    learned = answered(f"encoder train photos --attributes told.csv -o split {small} --epochs 1", capsys)[0]
    assert (drawn["path"], drawn["photos"], learned["path"], learned["photos"]) == ("faces", 64, "split", 64)
    run(["key", "new", "a.key"])
    for number, name in enumerate(("anna", "ben")):
        (here / "own" / name).mkdir(parents=True)
        (here / "photos" / f"{number}.png").rename(here / "own" / name / "0.png")
    capsys.readouterr()
    craft = "craft own -o crafted --key a.key --generator faces --encoder split --iterations 1 --faces as-is"
    assert answered(f"{craft} --accept-broken", capsys)[0]["images"] == 2


def test_advice(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answered("advise --have train --leaves disguised --enemy cloud", capsys)
