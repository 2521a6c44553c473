"""Class probabilities of a trained network."""

import torch
from torch import Tensor, nn


def probabilities(network: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    """Class probabilities, float32 ``(n, k)`` on the processor, rows summing to 1.

    Args:
        network: A trained network; its mode is put back afterwards.
        images: Raw images ``(n, c, h, w)``, uint8 or floating.
        batch_size: Images at a time.
    """
    was_training = network.training
    device = next(network.parameters()).device
    network.eval()
    try:
        with torch.inference_mode():
            parts = [
                network(batch.to(device)).float().softmax(1).cpu()
                for batch in torch.split(images, batch_size)
            ]
    finally:
        network.train(was_training)
    return torch.cat(parts).clone()
