"""The weights that Hindsight starts from, written into a model of pytorch/hindsight_models.py."""
import math

import numpy
import torch
from torch import nn

from draws import normals, uniforms
from hindsight_heads import Bernoulli, Categorical, LogisticMixture
from hindsight_models import MaskedLinear

EMBEDDED = 0.02  # standard deviation, as GPT-2's
LEAST = 1e-4  # so rare is a level that never occurred
BEYOND = 4  # scales from the first or last level: 2 % of a logistic reach back over four of them


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
        if isinstance(layer, MaskedLinear) and config.get("initialization") == "HE":
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


def start_from_data(model, images):
    """Sets the output bias, the last parameter of every model, to what makes the distribution of training images."""
    *_, bias = model.parameters()
    by_value = len(bias) // model.distribution.outputs > 1
    kinds = images.shape.values if by_value else images.shape.channels
    match model.distribution:
        case Bernoulli():
            p = frequencies(images, kinds)[:, 1].clip(1e-3, 1 - 1e-3)
            started = numpy.log(p / (1 - p))
        case Categorical():
            started = numpy.log(frequencies(images, kinds) + LEAST)
        case LogisticMixture() as mixture:
            started = quantiles(mixture, frequencies(images, kinds))
    write(bias, started)


def frequencies(images, kinds):
    """How often each level occurs in values of each kind (kinds, levels); value i is of kind i mod kinds."""
    values = images.bytes.reshape(-1, kinds)
    if images.stochastic and images.shape.levels == 2:
        ones = (values / 255).mean(0)
        return numpy.stack([1 - ones, ones], 1)
    levels = values.astype(int) * images.shape.levels // 256
    counts = [numpy.bincount(levels[:, kind], minlength=images.shape.levels) for kind in range(kinds)]
    return numpy.stack(counts) / len(values)


def quantiles(mixture, levels):
    """Means at even quantiles of what occurs, of equal weights; those of the first and last level lie beyond it."""
    top, k = mixture.levels - 1, mixture.components
    numbers = 2 * numpy.arange(top + 1) / top - 1
    deviation = numpy.sqrt((levels * numbers**2).sum(1) - (levels * numbers).sum(1)**2)
    scales = numpy.maximum(deviation / math.sqrt(k), 1 / mixture.levels)[:, None]
    shares = (numpy.arange(k) + 0.5) / k
    chosen = (levels.cumsum(1)[:, None, :] < shares[:, None]).sum(2).clip(max=top)  # (kinds, K)
    means = numbers[chosen] + BEYOND * scales * ((chosen == top).astype(int) - (chosen == 0))
    rows = numpy.zeros((len(levels) // mixture.channels, sum(mixture.rows), k))
    rows[:, 1:1 + mixture.channels] = means.reshape(-1, mixture.channels, k)
    rows[:, 1 + mixture.channels:1 + 2 * mixture.channels] = numpy.log(scales).reshape(-1, mixture.channels, 1)
    return rows
