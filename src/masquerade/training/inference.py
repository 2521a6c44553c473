"""What a trained network says of images: class probabilities, and recognition vectors."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from masquerade.errors import ModelError
from masquerade.networks import Network


def probabilities(network: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    """Class probabilities, float32 ``(n, k)`` on the processor, rows summing to 1.

    Args:
        network: A trained network; its mode is put back afterwards.
        images: Raw images ``(n, c, h, w)``, uint8 or floating.
        batch_size: Images at a time.
    """
    return _each_batch(network, lambda batch: network(batch).float().softmax(1), images, batch_size)


def embeddings(network: Network, images: Tensor, batch_size: int = 256) -> Tensor:
    """Recognition vectors, float32 ``(n, e)`` on the processor; see ``Network.embed``.

    Args:
        network: A trained network; its mode is put back afterwards.
        images: Raw images ``(n, c, h, w)``, uint8 or floating.
        batch_size: Images at a time.

    Raises:
        ModelError: If a vector is not finite: then the images, or the model's weights, are no sound ones.
    """
    vectors = _each_batch(network, network.embed, images, batch_size)
    finite = vectors.isfinite().all(1)
    if not bool(finite.all()):
        raise ModelError(
            "recognition vectors are not finite numbers",
            value=f"{int((~finite).sum())} of {len(vectors)}",
            remedy="Look for values that are not finite in the images; else train the model again.",
        )
    return vectors


def _each_batch(
    network: nn.Module, run: Callable[[Tensor], Tensor], images: Tensor, batch_size: int
) -> Tensor:
    was_training = network.training
    device = next(network.parameters()).device
    network.eval()
    try:
        with torch.inference_mode():
            parts = [run(batch.to(device)).cpu() for batch in torch.split(images, batch_size)]
    finally:
        network.train(was_training)
    return torch.cat(parts).clone()
