import json
from pathlib import Path

from masquerade.data.printable import printable
from masquerade.data.rejection import Rejection
from masquerade.data.rejection_log import RejectionLog
from masquerade.errors import PhotoRejected


def test_printable_tells_names_apart() -> None:
    assert printable("Zoë Ångström 李") == "Zoë Ångström 李"
    assert printable("a\nb") != printable(r"a\nb")


def test_log_has_one_line_a_photo_and_cannot_be_forged(tmp_path: Path) -> None:
    log = RejectionLog(tmp_path / "report.jsonl")
    names = ['x"}\n{"photo": "forged"}', "\udcff\u2028", "=cmd|' /C calc'!A0", "a\rb", "same", "same"]
    for name in names:
        log.add(PhotoRejected(Rejection.DAMAGED, place=printable(name), detail="d\u2028\n"))
    RejectionLog(tmp_path / "report.jsonl").add(PhotoRejected(Rejection.DAMAGED, place="same"))
    lines = (tmp_path / "report.jsonl").read_text("ascii").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 5
    assert {row["rejection"] for row in rows} == {"damaged"}
    assert not any(row["photo"] == "forged" for row in rows)
