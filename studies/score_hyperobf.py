"""Score sources of MaskNets: how well their MaskNets classify, and how much they differ.

    python studies/score_hyperobf.py DATA FILE...

Ten MaskNets of each source. Accuracy and divergence: all photos that `train_hyperobf.py` held back. What a cloak
does to other MaskNets: 32 of them. A source without a shared classifier gives neither accuracy nor divergence.
"""

import sys
from pathlib import Path

import torch
from torch import Tensor
from train_hyperobf import people

from masquerade.masknets.base import NUMBERS, MaskNetSource
from masquerade.masknets.ensemble import EnsembleSource
from masquerade.masknets.shipped import open_source
from masquerade.networks.cloaks.masknet import MaskNet
from masquerade.training.hyperobf import People
from masquerade.training.hyperobf.diversity import (
    all_features,
    all_scores,
    feature_distance,
    symmetric_divergence,
)
from masquerade.training.hyperobf.loss import fresh_scales, weight_variance
from masquerade.training.hyperobf.transfer import transfer

NETS, CLOAKED, SEED = 10, 32, 1


def drawn(source: MaskNetSource) -> list[MaskNet]:
    """MaskNets of nobody: their numbers are from a public seed; of an ensemble each once."""
    if isinstance(source, EnsembleSource):
        return list(source.masknets[:NETS])
    random = torch.Generator().manual_seed(SEED)
    return [source.draw(torch.randn(NUMBERS, generator=random)) for _ in range(NETS)]


def line(source: MaskNetSource, split: People) -> str:
    """A row of a table."""
    nets = drawn(source)
    features = all_features(nets, split.held_photos)
    weights = {name: torch.stack([net.weights[name] for net in nets]) for name in source.structure.shapes()}
    variance = float(weight_variance(weights, fresh_scales(source.structure)))
    apart = float(feature_distance(features).mean())
    felt = transfer(nets, split.held_photos[:: len(split.held_photos) // CLOAKED][:CLOAKED])
    cells = [
        *_answers(source, features, split.held_labels),
        f"{variance:.2f}",
        f"{apart:.2f}",
        f"{felt.own:.2f}",
        f"{felt.kept:.2f}",
        f"{felt.likeness:.2f}",
    ]
    return f"| {source.name} | {' | '.join(cells)} |"


def _answers(source: MaskNetSource, features: Tensor, labels: Tensor) -> list[str]:
    if source.classifier is None:
        return ["", "", ""]
    scores = all_scores(features, source.classifier)
    right = (scores.argmax(2) == labels).double().mean(1)
    apart = float(symmetric_divergence(scores).mean())
    return [f"{float(right.mean()):.3f}", f"{float(right.min()):.3f}", f"{apart:.2f}"]


def main(data: Path, files: list[str]) -> None:
    """Print a table."""
    print("| source | accuracy | worst net | divergence | weight variance | feature distance", end=" ")
    print("| cloak, own net | kept on others | likeness of cloaks |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in files:
        source = open_source(name)
        print(line(source, people(data, source.structure.size)), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), sys.argv[2:])
