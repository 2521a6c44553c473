"""Train a network of your own on a released data set, with nothing but PyTorch.

python examples/plain_pytorch_loop.py RELEASED [EPOCHS]
"""

import sys
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader

from masquerade.released import ReleasedDataset


def train(folder: Path, epochs: int) -> float:
    """Train for some epochs; returns the accuracy on the training images in the last one."""
    released = ReleasedDataset(folder)
    channels, _, _ = released.shape
    network = nn.Sequential(
        nn.BatchNorm2d(channels),  # disguised values have any scale
        nn.Conv2d(channels, 16, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(8),
        nn.Flatten(),
        nn.Linear(16 * 8 * 8, released.classes),
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    loader = DataLoader(released, batch_size=32, shuffle=True)
    right = 0
    for epoch in range(epochs):
        right = 0
        for images, labels in loader:
            scores = network(images)
            loss = nn.functional.cross_entropy(scores, labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            right += int((scores.argmax(1) == labels).sum())
        print(f"epoch {epoch + 1}: {right / len(released):.1%} of the training images right")
    return right / len(released)


if __name__ == "__main__":
    train(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
