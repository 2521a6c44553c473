"""The figures of a study's committed report as one picture, for the guides.

    python studies/draw_figures.py [STUDY] [OUT]

By default of crafter_tradeoffs, to docs/pictures/crafter_tradeoffs.png.
"""

import argparse
from pathlib import Path

from matplotlib import pyplot
from matplotlib.axes import Axes

from masquerade.audit.results import Curve, Report
from masquerade.report.words import metric_words

HERE = Path(__file__).parent
COLUMNS, WIDTH, HEIGHT = 3, 5.0, 3.9
COLOURS = ("#1d2127", "#c2571a", "#2f7d4f", "#8a3f8f", "#b3261e", "#7a6a12", "#3f6fd1", "#6b7078")
MARKS = "osD^vPX*"


def draw(curves: list[Curve], out: Path) -> None:
    """One panel a figure; series have the same colour in all; the last panel says whose it is."""
    titles = list(dict.fromkeys(curve.figure for curve in curves))
    series = list(dict.fromkeys(curve.series for curve in curves))
    rows = -(-(len(titles) + 1) // COLUMNS)
    drawn, places = pyplot.subplots(rows, COLUMNS, figsize=(WIDTH * COLUMNS, HEIGHT * rows), squeeze=False)
    panels = list(places.flat)
    for panel, title in zip(panels, titles, strict=False):
        _panel(panel, title, [curve for curve in curves if curve.figure == title], series)
    handles, labels = panels[0].get_legend_handles_labels()
    for empty in panels[len(titles) :]:
        empty.axis("off")
    panels[len(titles)].legend(handles, labels, loc="center left", frameon=False, fontsize=11)
    drawn.tight_layout()
    drawn.savefig(out, dpi=80)


def _panel(panel: Axes, title: str, curves: list[Curve], series: list[str]) -> None:
    chances = {point.y.chance for curve in curves for point in curve.points}
    for curve in curves:
        points = sorted(curve.points, key=lambda point: point.x)
        values = [100 * point.y.value for point in points]
        below = [100 * (point.y.value - point.y.low) for point in points]
        above = [100 * (point.y.high - point.y.value) for point in points]
        number = series.index(curve.series)
        colour, mark = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
        panel.errorbar(
            [point.x for point in points],
            values,
            yerr=(below, above),
            label=curve.series,
            color=colour,
            marker=mark,
            markersize=5,
            linewidth=1.6,
            elinewidth=0.8,
        )
    if len(chances) == 1:
        panel.axhline(100 * chances.pop(), color="#6b7078", linestyle="--", linewidth=1)
    panel.set_title(title, fontsize=11)
    panel.set_xlabel(curves[0].x_label)
    panel.set_ylabel(f"{metric_words(curves[0].points[0].y.metric).title}, %", fontsize=8)
    panel.set_ylim(bottom=0)
    panel.grid(color="#e2dfd9", linewidth=0.8)


def main() -> None:
    """Draw what was measured."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("study", nargs="?", default="crafter_tradeoffs")
    asked.add_argument(
        "out", type=Path, nargs="?", default=HERE.parent / "docs/pictures/crafter_tradeoffs.png"
    )
    args = asked.parse_args()
    report = Report.model_validate_json((HERE / "results" / f"{args.study}.json").read_text(encoding="utf-8"))
    draw(report.curves, args.out)


if __name__ == "__main__":
    main()
