"""A new protection of the package is one file and one row: shown in a copy of the package to which one is added."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from places import ROOT
from vectors.disguises.generate import kinds_in

SOURCE = ROOT / "src" / "masquerade"
TABLE = Path("disguises/description.py")
TRIES = """
import json, sys
import masquerade.disguises
from masquerade.audit.revisions import now
from masquerade.disguises import SecretSigns, from_description
from masquerade.testing import PROTECTION_CHECKS
from revision_numbers import measured
from test_disguises import INSTANCES, case
from vectors.disguises import generate

assert masquerade.disguises.__file__.startswith(sys.argv[1])
(instance,) = [each for each in INSTANCES if isinstance(each, SecretSigns)]
assert from_description({"kind": "SecretSigns"}) == instance
for check in PROTECTION_CHECKS:
    check(case(instance))
known = generate.kinds_in([generate.CASES, generate.KINDS]) | set(json.loads(sys.argv[2]))
rows = [generate.vector(*each, secret) for secret in generate.SECRETS for each in generate.of_examples(known)]
print(json.dumps({"rows": rows, "revision": now()["disguise SecretSigns"],
                  "numbers": measured("disguise SecretSigns")}))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package, with one file more and one row more in the table of protections."""
    copy = tmp_path / "masquerade"
    for folder in (copy, copy / "disguises", copy / "disguises" / "blocks"):
        folder.mkdir()
        for each in (SOURCE / folder.relative_to(copy)).iterdir():
            if each.name != "__pycache__" and not (copy / "disguises" / "blocks").is_relative_to(
                folder / each.name
            ):
                (folder / each.name).symlink_to(each)
    (copy / "disguises" / "blocks" / "signs.py").symlink_to(ROOT / "tests" / "outside" / "signs.py")
    table = (SOURCE / TABLE).read_text("utf-8")
    (copy / TABLE).unlink()
    row = table.replace("    Chain,\n)", "    SecretSigns,\n    Chain,\n)")
    needed = "from masquerade.disguises.chain import Chain\n"
    assert row != table
    (copy / TABLE).write_text(
        row.replace(needed, f"{needed}from masquerade.disguises.blocks.signs import SecretSigns\n")
    )
    return copy


def test_a_protection_of_one_file_and_one_row_gets_through_table_contract_and_vectors(package: Path) -> None:
    tests = ROOT / "tests"
    path = [package.parent, tests, tests / "support", tests / "contract"]
    vectors = tests / "vectors" / "disguises"
    written = [json.loads((vectors / f"{name}.json").read_text()) for name in ("kinds", "recipes")]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRIES, str(package), json.dumps(sorted(kinds_in(written)))],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert [row["description"] for row in said["rows"]] == [{"kind": "SecretSigns"}] * 2
    assert said["rows"][0]["disguised"] != said["rows"][1]["disguised"]
    assert said["revision"] == 1
    assert said["numbers"]["deviation"] > 0
