"""One small study of each of the four systems, on built-in faces, from its file to its page."""

import json
from pathlib import Path

import pytest

from masquerade.audit.preflight import require_sound
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.app import run
from masquerade.cli.studies import shipped_studies
from masquerade.errors import MissingNetworks

HEAD = (
    'name = "small"\ntitle = "Small"\nsource = "a test"\ngeneric = false\nwithout_generic = "a test"\n'
    '[data]\nsource = "orl"\nmode = "RGB"\n'
)

DISGUISED_NETS = """
height = 32
width = 32
classes = 12
public = 50
[[arms]]
name = "protected"
recipe = "dn-lfw"
[[attacks]]
name = "norm_fingerprint"
metric = "linkage"
shows = ["public"]
"""

XNN = """
height = 112
width = 112
classes = 3
public = 10
[[arms]]
name = "protected"
recipe = "xnn"
[[attacks]]
name = "feature_fingerprint"
metric = "linkage"
control = false
"""

HYPEROBF = """
height = 112
width = 112
min_images = 9
tracked = 2
published = 2
most_images = 9
bystanders = 2
bystander_min_images = 5
public = 5
[[arms]]
name = "protected"
recipe = "hyperobf-one-pass"
[[attacks]]
name = "tracker"
metric = "tracked"
shows = ["recognisers"]
options = { kind = "nearest", body = "sface" }
control = false
"""

CRAFTER = """
height = 64
width = 64
private = 6
test_share = 0.5
public = 30
[[arms]]
name = "protected"
recipe = "crafter-amortised"
photos = 6
[[attacks]]
name = "feature_identity"
metric = "identification"
target = "test"
control = false
"""


@pytest.mark.parametrize(
    "system", [DISGUISED_NETS, XNN, HYPEROBF, CRAFTER], ids=["disguised-nets", "xnn", "hyperobf", "crafter"]
)
def test_a_small_study_of_each_system_runs(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(HEAD + system)
    assert run(["study", "run", "small.toml", "-o", "report"]) == 0
    report = json.loads(Path("report/report.json").read_text("utf-8"))
    (arm,) = report["arms"]
    (leak,) = arm["leaks"]
    assert leak["status"] == "ran", leak["reason"]
    assert 0 <= leak["headline"]["value"] <= 1
    assert Path("report/report.html").exists()


@pytest.mark.parametrize("name", shipped_studies())
def test_every_study_is_sound_at_quick_but_for_networks_that_a_script_trains(name: str) -> None:
    try:
        require_sound(load_study(shipped_studies()[name]).at("quick"))
    except MissingNetworks as error:
        named = str(error.value).split(", ")
        assert all(file.startswith("studies/models/") for file in named)
