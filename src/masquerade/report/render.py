"""Writes a report: JSON for programs, Markdown for repositories, and one HTML file for readers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from masquerade.audit.grading.answers import with_answers
from masquerade.audit.results import Report
from masquerade.files.durable import write_durably
from masquerade.report.assessment.summary import summary_of
from masquerade.report.markdown import markdown
from masquerade.report.page import page
from masquerade.report.pictures import PictureGrid

SCHEMA = Path(__file__).with_name("schema.json")
"""JSON Schema of ``report.json``, kept in the package so that other programs can check what they read."""


def render(report: Report, pictures: Sequence[PictureGrid], out: Path, earlier: Report | None = None) -> Path:
    """Write ``report.json``, ``summary.json``, ``report.md`` and ``report.html`` into the folder ``out``.

    The same report and pictures give the same bytes. Pictures stand in the page alone. If one cannot be drawn, the
    page has none of them, and says so.

    Args:
        report: What an audit found.
        pictures: Grids of pictures for the page.
        out: A folder, made if missing; files of these names are replaced.
        earlier: A report that page and Markdown compare with; None to compare with nothing.

    Returns:
        The page's path.
    """
    report = with_answers(report)
    write_numbers(report, out, earlier)
    html = out / "report.html"
    write_durably(html, [_page(report, pictures, earlier).encode()])
    return html


def write_numbers(report: Report, out: Path, earlier: Report | None = None) -> None:
    """Write ``report.json``, ``summary.json`` and ``report.md``: all but the page."""
    report = with_answers(report)
    out.mkdir(parents=True, exist_ok=True)
    write_durably(out / "report.json", [report.model_dump_json(indent=2).encode(), b"\n"])
    write_durably(out / "summary.json", [summary_of(report).model_dump_json(indent=2).encode(), b"\n"])
    write_durably(out / "report.md", [markdown(report, earlier).encode()])


def _page(report: Report, pictures: Sequence[PictureGrid], earlier: Report | None) -> str:
    try:
        return page(report, pictures, earlier=earlier)
    except Exception as error:  # noqa: BLE001  (whatever breaks a picture, the numbers of hours of work are shown)
        return page(report, (), undrawn=f"{type(error).__name__}: {error}", earlier=earlier)


def schema() -> dict[str, Any]:
    """The JSON Schema that the report's model has now; ``schema.json`` must equal it."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Report.model_json_schema()}


def publish_schema() -> None:
    """Write ``schema.json`` anew, after the model was changed."""
    SCHEMA.write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
