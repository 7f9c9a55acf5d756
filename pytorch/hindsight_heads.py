"""What the outputs of Hindsight's models mean, in plain PyTorch.

A head makes distributions of values out of them. A group of values shares `outputs` of them: the channels of a pixel,
or in MADE a value of its own. `nll(outputs, pixels)` takes those of all groups, (B, ...), and pixels (B, D) of levels,
whole numbers from 0, to the nats of each value, or of each group of a mixture: (B, D) or (B, groups).
"""
import torch
import torch.nn.functional as F
from torch import nn

LEAST_LOG_SCALE = -7  # of a mixture; below, as in PixelCNN++, log scales count as this


class Bernoulli:
    """A logit of the value being 1."""
    by_channel = True  # each channel has outputs of its own, see ChannelHead

    def __init__(self, channels):
        self.outputs = channels

    def nll(self, outputs, pixels):
        return F.binary_cross_entropy_with_logits(outputs.view_as(pixels), pixels, reduction="none")


class Categorical:
    """A softmax over the levels (PixelRNN, arXiv 1601.06759, section 3.4)."""
    by_channel = True

    def __init__(self, levels, channels):
        self.levels, self.outputs = levels, channels * levels

    def nll(self, outputs, pixels):
        logits = outputs.view(-1, self.levels)
        return F.cross_entropy(logits, pixels.long().flatten(), reduction="none").view_as(pixels)


class LogisticMixture:
    """Discretised logistics, of which the channels of a pixel choose one together (PixelCNN++, arXiv 1701.05517).

    With K components and C channels: K logits, C x K means, C x K log scales, and K coefficients for each pair of a
    channel and one before it, (1, 0), (2, 0), (2, 1), ...
    """
    by_channel = False

    def __init__(self, levels, channels, components):
        self.levels, self.channels, self.components = levels, channels, components
        self.rows = [1, channels, channels, channels * (channels - 1) // 2]  # of K numbers each
        self.outputs = sum(self.rows) * components

    def nll(self, outputs, pixels):
        values = pixels.view(len(pixels), -1, self.channels, 1)
        x, half_bin = 2 * values / (self.levels - 1) - 1, 1 / (self.levels - 1)
        rows = outputs.view(*x.shape[:2], -1, self.components)  # (B, groups, rows, K)
        logits, means, log_scales, coefficients = rows.split(self.rows, 2)
        # A mean moves with the channels before (section 2.2).
        moves, coefficients = [torch.zeros_like(logits)], coefficients.tanh()
        for c in range(1, self.channels):
            of_c = coefficients[:, :, c * (c - 1) // 2:c * (c + 1) // 2]
            moves.append((of_c * x[:, :, :c]).sum(2, keepdim=True))
        means = means + torch.cat(moves, 2)
        # What lies between the edges of the value's bin (section 2.1): with logistic function s, s(above) - s(below)
        # is s(above) s(-below) (1 - exp(below - above)). The lowest and the highest bin are open.
        scales = log_scales.clamp(min=LEAST_LOG_SCALE).exp()
        above, below = ((x - means + edge) / scales for edge in (half_bin, -half_bin))
        lowest, highest = values == 0, values == self.levels - 1
        log_masses = (F.logsigmoid(above).masked_fill(highest, 0) + F.logsigmoid(-below).masked_fill(lowest, 0)
                      + (-torch.expm1(-2 * half_bin / scales)).log().masked_fill(lowest | highest, 0))
        return -(logits.squeeze(2).log_softmax(2) + log_masses.sum(2)).logsumexp(2)


def create(head, levels, channels):
    """That of a config.json's "head", for groups of so many channels; without one the logit of a value being 1."""
    match head or {"name": "bernoulli"}:
        case {"name": "bernoulli"}:
            return Bernoulli(channels)
        case {"name": "categorical"}:
            return Categorical(levels, channels)
        case {"name": "logistic-mixture", "components": components}:
            return LogisticMixture(levels, channels, components)
    raise ValueError(f"no head of Hindsight is {head}")


class MaskedLinear(nn.Linear):
    """A linear layer without the weights that `mask` (outputs, inputs) leaves out."""

    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask.float(), persistent=False)

    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


class ChannelHead(nn.Sequential):
    """The last layers where each of several channels has outputs of its own: a MADE over the channels of a pixel.

    Hidden units of a channel see the channels before it, and get `width` features that the model has of the pixels
    before; its outputs see the hidden units of that channel and of those before it.
    """

    def __init__(self, channels, width, outputs):
        values = torch.arange(channels)
        hidden, out = values.repeat_interleave(width), values.repeat_interleave(outputs // channels)
        super().__init__(MaskedLinear(hidden[:, None] > values), nn.ReLU(), MaskedLinear(out[:, None] >= hidden))

    def forward(self, features, values):
        """Features (B, T, channels x width) and values (B, T, channels) to outputs (B, T, ...)."""
        return self[2](self[1](features + self[0](values)))
