"""Writes the numbers of the guide on cloaks that need no key, and their picture, from studies/cloaks.json."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from marked import filled
from verdicts import CLOAK_SCORES, TELLS_PEOPLE

ROOT: Final = Path(__file__).parents[1]
GUIDE: Final = ROOT / "docs" / "guide" / "cloak.md"
PICTURE: Final = ROOT / "docs" / "pictures" / "cloak_frontier.png"
ROWS: Final = {
    "none": "no cloak",
    "noise": "noise, natural",
    "hyperobf-one-pass": "HyperObf in one pass, natural",
    "fawkes": "Fawkes, natural",
    "lowkey": "LowKey, natural",
    "shipped": "**`cloak`**",
    "shipped, visible": "**`cloak --look visible`**",
    "shipped, own photos": "`cloak`, five more photos known",
    "shipped, own photos, visible": "the same, visible",
    "three, own photos": "five more photos, and MobileFaceNet besides",
    "without dlib-torch": "five more photos, against SFace and MobileFaceNet",
    "without sface": "five more photos, against dlib, MobileFaceNet and FaceNet",
}
TITLES: Final = {
    "sface": "SFace",
    "dlib-torch": "dlib",
    "facenet": "FaceNet",
    "mobilefacenet": "MobileFaceNet",
    "mobilefacenet-small": "MobileFaceNet, small",
    "faceres": "faceres",
    "faceres-deep": "faceres-deep",
}


def measured() -> dict[str, Any]:
    """What ``score_cloaks.py`` wrote."""
    found: dict[str, Any] = json.loads(CLOAK_SCORES.read_text("utf-8"))
    return found


def good(found: dict[str, Any]) -> list[str]:
    """Recognisers that name at least four of five people on clean photos."""
    return [name for name, score in found["arms"]["none"]["judges"].items() if score["rank1"] >= TELLS_PEOPLE]


def page(before: str) -> str:
    """The guide with its numbers as they were measured last."""
    found = measured()
    text = filled(before, "scores", scores(found))
    text = filled(text, "looks", looks(found))
    text = filled(text, "handled", others(found, found["handled"], ("shipped",)))
    return filled(text, "adaptive", others(found, found["adaptive"], ()))


def scores(found: dict[str, Any]) -> str:
    """Rank-1 and TAR by arm and recogniser; what the cloak was made against stands in brackets."""
    names = good(found)
    lines = [f"| rank-1 / TAR, % | {' | '.join(TITLES[name] for name in names)} | outside, mean |"]
    lines.append("|---" * (len(names) + 2) + "|")
    for arm, title in ROWS.items():
        row = found["arms"][arm]
        outside = [row["judges"][name]["rank1"] for name in names if name in row["outside"]]
        cells = [_cell(row["judges"][name], name in row["outside"]) for name in names]
        lines.append(f"| {title} | {' | '.join(cells)} | {_percent(sum(outside) / len(outside))} |")
    spans = [_span(found["arms"][arm], names) for arm in ("shipped", "shipped, visible")]
    lines.append(
        f"\n{found['people']} people among {found['gallery']}, one photo each; chance {100 * found['chance']:.1f} %. "
        f"95 % intervals by person: `cloak` {spans[0]}; visible {spans[1]}. TAR at a false accept rate of 1 in 1,000."
    )
    return "\n".join(lines)


def looks(found: dict[str, Any]) -> str:
    """What is seen of each, and what it costs."""
    lines = [
        "| | SSIM | worst | CIEDE2000, mean | 95th percentile | worst | seconds a face |",
        "|---" * 7 + "|",
    ]
    for arm, title in ROWS.items():
        row = found["arms"][arm]
        numbers = [f"{row[key]:.3f}" for key in ("ssim", "ssim_worst")]
        numbers += [f"{row[key]:.2f}" for key in ("colour", "colour_95", "colour_95_worst")]
        lines.append(f"| {title} | {' | '.join(numbers)} | {row['seconds']:.1f} |")
    return "\n".join(lines)


def others(found: dict[str, Any], rows: dict[str, Any], first: Sequence[str]) -> str:
    """Rank-1 of further rows, in the order of the first table."""
    names = good(found)
    lines = [f"| rank-1, % | {' | '.join(TITLES[name] for name in names)} |", "|---" * (len(names) + 1) + "|"]
    every = {ROWS[arm]: found["arms"][arm]["judges"] for arm in first} | rows
    for title, scored in every.items():
        lines.append(f"| {title} | {' | '.join(_percent(scored[name]['rank1']) for name in names)} |")
    return "\n".join(lines)


def _span(row: dict[str, Any], names: list[str]) -> str:
    most = max((n for n in names if n in row["outside"]), key=lambda name: row["judges"][name]["rank1"])
    score = row["judges"][most]
    return (
        f"{TITLES[most]}, the best outside, {_percent(score['rank1'])} "
        f"[{_percent(score['low'])}, {_percent(score['high'])}]"
    )


def _cell(score: dict[str, float], outside: bool) -> str:
    words = f"{_percent(score['rank1'])} / {_percent(score['tar'])}"
    return words if outside else f"({words})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def draw() -> None:
    """Outside recognisers' mean rank-1 over what is seen."""
    from matplotlib import pyplot

    found = measured()
    names = good(found)
    series = {
        "cloak": ("shipped", "shipped, visible"),
        "cloak, five more photos known": ("shipped, own photos", "shipped, own photos, visible"),
        "and MobileFaceNet besides": ("three, own photos",),
        "LowKey": ("lowkey",),
        "Fawkes": ("fawkes",),
        "HyperObf": ("hyperobf-one-pass",),
        "noise": ("noise",),
    }
    figure, axes = pyplot.subplots(figsize=(7.2, 4.2))
    for title, arms in series.items():
        rows = [found["arms"][arm] for arm in arms]
        seen = [row["colour_95"] for row in rows]
        named = [
            sum(row["judges"][n]["rank1"] for n in names if n in row["outside"])
            / sum(n in row["outside"] for n in names)
            for row in rows
        ]
        axes.plot(seen, [100 * each for each in named], "o-", label=title)
    axes.axhline(100 * found["chance"], color="grey", lw=0.8, ls=":")
    axes.set(
        xlabel="CIEDE2000 on the face, 95th percentile (natural: SSIM .98, visible: .95)",
        ylabel="people named, %, mean of recognisers\nthat it was not made against",
        ylim=(0, 100),
    )
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    GUIDE.write_text(page(GUIDE.read_text("utf-8")), "utf-8")
    draw()
