"""Draws docs/pictures/task_only.png from studies/task_only.json: identity by the strongest attacker, over AUC."""

from pathlib import Path
from typing import Final

from matplotlib import pyplot
from score_task_only import kept

PICTURE: Final = Path(__file__).parents[1] / "docs" / "pictures" / "task_only.png"
SERIES: Final = {
    "answers in 2, 3, 4, 8 and 40 numbers": ("task-2", "task-3", "task-4", "task-6", "task-8", "all"),
    "4 numbers by one matrix": ("thin-4",),
    "under noise": ("task-2-noise-0.8", "task-2-noise-0.3", "task-4-noise-0.5", "task-4-noise-0.2"),
    "k-same, public and drawn faces": ("k-same-drawn", "k-same"),
    "Disco": ("disco",),
    "TIPRDC": ("tiprdc",),
    "amortised Crafter": ("amortised",),
    "Gaussian noise": ("noise",),
    "features as they are": ("none",),
}


def main() -> None:
    """Draw it."""
    arms = kept()["celeba"]["arms"]
    figure, axes = pyplot.subplots(figsize=(7.2, 4.4))
    for number, (title, names) in enumerate(SERIES.items()):
        here = sorted(
            (arms[name] for name in names if name in arms), key=lambda row: row["use"]["utility"][0]
        )
        if not here:
            continue
        best = [row["attacks"][row["best"]] for row in here]
        apart = [[value - low for value, low, _ in best], [high - value for value, _, high in best]]
        auc = [row["use"]["utility"][0] for row in here]
        line = "-" if len(here) > 1 else ""
        values = [value for value, _, _ in best]
        axes.errorbar(auc, values, apart, fmt=f"o{line}", color=f"C{number}", capsize=2, label=title, lw=1)
    axes.axhline(next(iter(arms.values()))["chance"], color="grey", lw=0.8, ls=":")
    axes.set(xlabel="AUC of the 40 attributes", ylabel="one photo's person named, %", ylim=(0, 70))
    axes.legend(fontsize=7, loc="upper left")
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
