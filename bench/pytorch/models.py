"""The models of pytorch/hindsight_models.py with fresh weights, at the sizes of Hindsight's reference preset.

PyTorch's own initialization throughout. `compare.py` checks that there are as many parameters as in Hindsight.
"""
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "pytorch"))
from hindsight_models import (  # noqa: E402
    PIXELS, GatedPixelCnn, Lstm, Made, PixelCnn, PixelRnn, Transformer, WaveNet, images, nats)

__all__ = ["MODELS", "PIXELS", "images", "nats"]


def made(hidden=1024, layers=3):
    """Degrees drawn at random as in the paper, none below the lowest of the layer before."""
    generator = torch.Generator().manual_seed(0)
    least, degrees = 1, []
    for _ in range(layers):
        degrees.append(torch.randint(least, PIXELS, (hidden,), generator=generator))
        least = int(degrees[-1].min())
    return Made(degrees)


MODELS = {
    "made": made,
    "wavenet": lambda channels=320: WaveNet(channels, blocks=9, dilation_cycle=9),
    "pixelcnn": lambda filters=128: PixelCnn(filters, layers=5, kernel=7),
    "gated-pixelcnn": lambda filters=96: GatedPixelCnn(filters, layers=3, kernel=7),
    "transformer": lambda width=128: Transformer(width, layers=2, heads=4),
    "lstm": lambda hidden=1024: Lstm(hidden, layers=1),
    "pixel-rnn": lambda hidden=16: PixelRnn(hidden, layers=7),
}
