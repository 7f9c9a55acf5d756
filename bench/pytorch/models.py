"""The models of pytorch/hindsight_models.py with fresh weights, at the sizes of Hindsight's reference presets.

PyTorch's own initialization throughout. `compare.py` checks that there are as many parameters as in Hindsight.
"""
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "pytorch"))
from hindsight_models import PIXELS, REFERENCE, create, images, nats  # noqa: E402

__all__ = ["MODELS", "PIXELS", "images", "nats"]


def degrees(hidden, layers):
    """Drawn at random as in the paper, none below the lowest of the layer before."""
    generator = torch.Generator().manual_seed(0)
    least, drawn = 1, []
    for _ in range(layers):
        drawn.append(torch.randint(least, PIXELS, (hidden,), generator=generator))
        least = int(drawn[-1].min())
    return drawn


def reference(config):
    if config["name"] == "made":
        config = {"name": "made", "hiddenDegrees": degrees(config["hidden"], config["layers"])}
    return create(config)


MODELS = {config["name"]: lambda config=config: reference(config) for config in REFERENCE}
