"""Train a network of your own on a released data set in several processes (PyTorch DDP, gloo); no key is needed.

python examples/ddp_gloo.py RELEASED [EPOCHS] [PROCESSES]

Each process maps the shards by itself and reads its own part of the rows.
"""

import sys
import tempfile
from pathlib import Path

import torch
from torch import distributed, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from masquerade.released import ReleasedDataset


def train(folder: Path, epochs: int, processes: int = 2) -> float:
    """Train for some epochs; returns the accuracy on the training images in the last one, over all processes."""
    with tempfile.TemporaryDirectory() as meeting:
        multiprocessing.spawn(_work, (folder, epochs, processes, Path(meeting)), nprocs=processes)
        return float((Path(meeting) / "accuracy").read_text("utf-8"))


def _work(rank: int, folder: Path, epochs: int, processes: int, meeting: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)  # the same first weights everywhere
    distributed.init_process_group("gloo", f"file://{meeting}/rendezvous", rank=rank, world_size=processes)
    try:
        accuracy = _train(ReleasedDataset(folder), epochs, rank)
        if rank == 0:
            (meeting / "accuracy").write_text(str(accuracy), "utf-8")
    finally:
        distributed.destroy_process_group()


def _train(released: ReleasedDataset, epochs: int, rank: int) -> float:
    channels, _, _ = released.shape
    network = DistributedDataParallel(
        nn.Sequential(
            nn.BatchNorm2d(channels),  # disguised values have any scale
            nn.Conv2d(channels, 16, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(8),
            nn.Flatten(),
            nn.Linear(16 * 8 * 8, released.classes),
        )
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    sampler: DistributedSampler[tuple[torch.Tensor, int]] = DistributedSampler(released, seed=0)
    loader = DataLoader(released, batch_size=16, sampler=sampler)
    share = torch.zeros(2)
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        share = torch.zeros(2)
        for images, labels in loader:
            scores = network(images)
            loss = nn.functional.cross_entropy(scores, labels)
            optimiser.zero_grad()
            loss.backward()  # averages the gradients of all processes
            optimiser.step()
            share += torch.tensor([float((scores.argmax(1) == labels).sum()), float(len(labels))])
        distributed.all_reduce(share)
        if rank == 0:
            print(f"epoch {epoch + 1}: {share[0] / share[1]:.1%} of the training images right")
    return float(share[0] / share[1])


if __name__ == "__main__":
    train(Path(sys.argv[1]), *map(int, sys.argv[2:4] or ["20"]))
