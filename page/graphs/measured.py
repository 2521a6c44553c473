"""What our studies measured of the cloak that the page makes, as plain numbers: the page tells them to people."""

import json
from pathlib import Path
from typing import Any, Final

STUDIES: Final = Path(__file__).parents[2] / "studies" / "results"
_ARMS: Final = {"none": "clean", "one-pass": "cloaked", "noise-fresh": "noise"}
_ATTACKS: Final = {"sface": "nearest_sface", "dlib": "nearest_dlib", "trained": "linear"}


def measured() -> dict[str, Any]:
    """Shares of clean photos that a tracker recognises, by tracker and by what was published.

    Returns:
        ``people``, ``photos``; for each tracker ``clean``, ``cloaked`` and ``noise``, 0 to 1; ``noticed``: area
        under the curve of telling cloaked photos from others; ``undone``: share of a cloak's energy that a network
        takes away which was trained with one MaskNet of somebody else.
    """
    trackers, inversion = _study("trackers"), _study("mix_inversion")
    arms = {_ARMS[arm["name"]]: arm for arm in trackers["arms"] if arm["name"] in _ARMS}
    (hyperobf,) = (arm for arm in inversion["arms"] if arm["name"] == "hyperobf")
    return {
        "people": trackers["data"]["people"],
        "photos": _leak(arms["clean"], "linear")["n"],
        **{
            name: {published: round(_leak(arm, attack)["value"], 3) for published, arm in arms.items()}
            for name, attack in _ATTACKS.items()
        },
        "noticed": round(_leak(arms["cloaked"], "detection")["value"], 3),
        "undone": round(_leak(hyperobf, "energy_other")["value"], 3),
    }


def _study(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STUDIES / f"hyperobf_{name}.json").read_text("utf-8"))
    return found


def _leak(arm: dict[str, Any], attack: str) -> dict[str, Any]:
    (found,) = (leak for leak in arm["leaks"] if leak["attack"] == attack)
    headline: dict[str, Any] = found["headline"]
    return headline
