"""Reports: what an audit found as JSON, as Markdown and as one self-contained page; and the gate for CI."""

from masquerade.report.gate import Condition, Ruling, judge, parse
from masquerade.report.pictures import PictureGrid
from masquerade.report.render import render, schema

__all__ = ["Condition", "PictureGrid", "Ruling", "judge", "parse", "render", "schema"]
