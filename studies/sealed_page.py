"""Writes the numbers of the guide on sealed galleries, from bench/results.json and studies/*.json."""

import json
from pathlib import Path
from typing import Any

from marked import filled

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "guide" / "sealed.md"
PEOPLE = (158, 1_000, 10_000, 100_000)
MANY = 1_000_000


def page(before: str) -> str:
    """The guide with its numbers as they were measured last."""
    text = filled(before, "cost", cost(_bench()))
    text = filled(text, "score", score(_measured("sealed")))
    return filled(text, "attacks", attacks(_measured("sealed_attacks")))


def cost(rows: dict[str, float]) -> str:
    """What camera, cloud and owner take."""
    lines = ["| people | cloud | owner opens | answer | stored a person |", "|---|---|---|---|---|"]
    for people in PEOPLE:
        cloud, opens = rows[f"match.{people}"], rows[f"open.{people}"]
        answer, each = rows[f"answer.{people}"] / 1e3, rows[f"stored.{people}"] / 1e3
        lines.append(
            f"| {people:,} | {_short(cloud)} ms | {_short(opens)} ms | {answer:,.0f} KB | {each:.1f} KB |"
        )
    reading, many = rows[f"reading.{MANY}"] / 1e3, rows[f"match.{MANY}"] / 1e3
    lines.append(
        f"| {MANY:,}, from disk | {many:.1f} s, and {reading:.1f} s of reading | | | "
        f"{rows[f'stored.{MANY}'] / 1e3:.1f} KB |"
    )
    times = 1 / rows["tenseal.1000.ratio"]
    lines.append(
        f"\nOne core (`make bench`). A camera takes {_short(rows['probe'])} ms after the face's vector and sends "
        f"{rows['probe.bytes'] / 1e3:.0f} KB; the public keys take\n{rows['keys.bytes'] / 1e3:,.0f} KB in all. "
        f"TenSEAL's product of an encrypted vector with a matrix *in the clear* takes {times:.0f} times as\nlong for "
        f"1,000 people, and {rows['tenseal.keys.bytes'] / 1e6:.0f} MB of public keys. In the clear 100,000 people take "
        f"{_short(rows['clear.100000'])} ms. The first `enrol` reads the 400 built-in faces too."
    )
    return "\n".join(lines)


def attacks(found: dict[str, Any]) -> str:
    """What attacks find in ciphertexts, beside the identity in place of encryption."""
    lines = ["| attack | on ciphertexts | the identity in place of encryption |", "|---|---|---|"]
    for name, shares in found["attacks"].items():
        lines.append(f"| {name} | {_percent(shares['sealed'])} | {_percent(shares['control'])} |")
    lines.append(
        f"\n{found['people']} people of LFW; chance is {found['chance']:.1%}".replace("%", " %")
        + f"; the regression was learnt from {found['learnt_from']:,} probes of others' photos "
        "(`studies/attack_sealed.py`)."
    )
    return "\n".join(lines)


def score(found: dict[str, Any]) -> str:
    """How people of LFW were named."""
    rank1, fnir, fpir = (_percent(found[name]) for name in ("rank1", "fnir", "fpir"))
    return (
        f"On {found['people']} people of LFW, two held-out photos of each, all the way through "
        f"(`studies/score_sealed.py`): the right person is\nfirst in {rank1}. At a threshold for 1 % of strangers, "
        f"{fnir} of the photos are not named\nrightly, and of {found['strangers']:,} photos of strangers {fpir} get a "
        f"name. The scores of {found['exact']:,} of {found['queries']:,} probes,\nreal and made up, were the integers "
        f"in the clear, bit for bit, with {found['least_noise_budget']} bits of room for noise left at least."
    )


def _measured(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "studies" / f"{name}.json").read_text("utf-8"))
    return found


def _bench() -> dict[str, float]:
    rows = json.loads((ROOT / "bench" / "results.json").read_text("utf-8"))
    found = {row["name"].removeprefix("sealed."): row for row in rows if row["name"].startswith("sealed.")}
    ratios = {f"{name}.ratio": row["ratio"] for name, row in found.items() if row["ratio"] is not None}
    return {name: row["value"] for name, row in found.items()} | ratios


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 20 else f"{value:,.0f}"


def _percent(found: dict[str, float]) -> str:
    return f"{found['value']:.1%} [{found['low']:.1%}, {found['high']:.1%}]".replace("%", " %")


if __name__ == "__main__":
    GUIDE.write_text(page(GUIDE.read_text("utf-8")), "utf-8")
