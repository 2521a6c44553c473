"""Peak memory in MiB of drawing so many MaskNets, in a process of its own: python -m bench.masknet_memory 10000"""

import sys

import torch

from bench.hyperobf import draw
from bench.peak_memory import own_peak
from masquerade.networks.cloaks.hypernet import LATENTS, HyperNet, HyperNetOptions

if __name__ == "__main__":
    draw(HyperNet(HyperNetOptions()), torch.randn(int(sys.argv[1]), LATENTS))
    print(own_peak() / 2**20)
