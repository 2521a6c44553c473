"""Reports: what an audit found as JSON, as Markdown and as one self-contained page; and the gate for CI."""

from masquerade.report.gate import Condition, Ruling, judge, parse, require_known
from masquerade.report.pictures import PictureGrid
from masquerade.report.render import render, schema, write_numbers

__all__ = [
    "Condition",
    "PictureGrid",
    "Ruling",
    "judge",
    "parse",
    "render",
    "require_known",
    "schema",
    "write_numbers",
]
