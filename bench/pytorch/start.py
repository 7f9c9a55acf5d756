"""The weights that Hindsight starts from, written into a model of pytorch/hindsight_models.py."""
import math

import torch
from torch import nn

from draws import normals, uniforms
from hindsight_models import MaskedLinear, PIXELS

EMBEDDED = 0.02  # standard deviation, as GPT-2's


def rows(key, name, count):
    """The stream of each output's weights."""
    return key.fold(name).streams(range(count))


def flat(key, name):
    return [key.fold(name).stream]


def uniform(seed, streams, parameter, inputs):
    """From U(-1/√inputs, 1/√inputs), which is PyTorch's own for linear layers, convolutions and LSTMs."""
    drawn = uniforms(seed, streams, parameter.numel() // len(streams))
    write(parameter, (2 * drawn.astype(float) - 1) / math.sqrt(inputs))


def write(parameter, values):
    parameter.data.copy_(torch.from_numpy(values).view_as(parameter))


def start_from(model, key, config):
    """Gives all parameters what a run of this key for "weights" and this config begins with."""
    seed = key.seed
    last = [layer for layer in model.modules() if isinstance(layer, MaskedLinear)][-1:]
    for name, layer in model.named_modules():
        if isinstance(layer, MaskedLinear) and config["initialization"] == "HE":
            gain = 1 if layer in last else 2  # a ReLU follows
            spread = (gain / layer.mask.sum(1).clamp(min=1).double()).sqrt().numpy()[:, None]
            write(layer.weight, spread * normals(seed, rows(key, f"{name}.weight", len(spread)), layer.in_features))
            nn.init.zeros_(layer.bias)
        elif isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d)):
            inputs = layer.weight[0].numel()
            uniform(seed, rows(key, f"{name}.weight", len(layer.weight)), layer.weight, inputs)
            if layer.bias is not None:
                uniform(seed, flat(key, f"{name}.bias"), layer.bias, inputs)
        elif isinstance(layer, nn.LSTM):
            for part, parameter in layer.named_parameters(prefix=name):
                uniform(seed, flat(key, part), parameter, layer.hidden_size)
    for name, parameter in model.named_parameters():
        if name in ("embed.weight", "pos"):
            write(parameter, EMBEDDED * normals(seed, flat(key, name), parameter.numel()))


def log_odds(p):
    p = min(max(p, 1e-3), 1 - 1e-3)
    return math.log(p / (1 - p))


def start_from_means(model, means):
    """Sets the output bias, the last parameter of every model, to the log-odds of pixels of these means (784)."""
    *_, bias = model.parameters()
    values = means if len(bias) == PIXELS else [sum(means) / PIXELS]
    bias.data.copy_(torch.tensor([log_odds(p) for p in values]))
