"""The models of pytorch/hindsight_models.py with fresh weights, at the sizes of Hindsight's reference presets.

PyTorch's own initialization throughout. `compare.py` checks that there are as many parameters as in Hindsight.
"""
import dataclasses
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "pytorch"))
from hindsight_models import MNIST, PIXELS, REFERENCE, Shape, create, images, nats  # noqa: E402

__all__ = ["MNIST", "MODELS", "PIXELS", "images", "nats", "shape"]


def shape(words):
    """That of `bench --shape`: HxWxC, of 256 levels."""
    return Shape(*map(int, words.split("x")), levels=256)


def degrees(hidden, layers, values):
    """Drawn at random as in the paper, none below the lowest of the layer before."""
    generator = torch.Generator().manual_seed(0)
    least, drawn = 1, []
    for _ in range(layers):
        drawn.append(torch.randint(least, values, (hidden,), generator=generator))
        least = int(drawn[-1].min())
    return drawn


def reference(config, of=MNIST):
    """With the head that Hindsight has for such images where nobody chooses."""
    if config["name"] == "made":
        config = {"name": "made", "hiddenDegrees": degrees(config["hidden"], config["layers"], of.values)}
    head = {"name": "bernoulli"} if of.levels == 2 else {"name": "logistic-mixture", "components": 10}
    return create(config | {"shape": dataclasses.asdict(of), "head": head})


MODELS = {config["name"]: lambda of=MNIST, config=config: reference(config, of) for config in REFERENCE}
