#!/usr/bin/env python3
"""Hindsight's eight models in plain PyTorch, which read what Hindsight has trained.

    import hindsight_models
    model = hindsight_models.load("runs/made")       # an nn.Module; or published weights by name (docs/weights.md)
    outputs = model(pixels)                          # of binary images (B, D) of 0 and 1 to logits (B, D)
    nats = model.nll(pixels).sum(1)                  # (B)
    nats = model.nll(pixels, labels).sum(1)          # of a run with classes: labels (B) from 0, -1 = of no class

    python3 pytorch/hindsight_models.py runs/made    # what ./hindsight evaluate runs/made says

An image has D values: pixels in raster order, and of each pixel its channels; a value is a level, a whole number
from 0 on. Every model maps the values of images of one shape to the outputs of its head (hindsight_heads.py), and those
of a value follow from the values before it alone. Parameters have the names and shapes of the run's model.safetensors.
Needs nothing but PyTorch.
"""
import argparse
import dataclasses
import gzip
import itertools
import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

import hindsight_heads
from hindsight_heads import ChannelHead, MaskedLinear


@dataclasses.dataclass(frozen=True)
class Shape:
    """Of images."""
    height: int
    width: int
    channels: int = 1
    levels: int = 2  # of a value

    @property
    def sides(self):
        return self.height, self.width

    @property
    def pixels(self):
        return self.height * self.width

    @property
    def values(self):
        return self.pixels * self.channels


MNIST = Shape(28, 28)  # where nobody says others
SIDE, PIXELS = MNIST.width, MNIST.pixels  # for bench/pytorch
SOURCES = pathlib.Path(__file__).resolve().parents[1] / "src"
MNIST10K = SOURCES / "hindsight/main/resources/dev/hindsight/data/mnist10k"
PUBLISHED = SOURCES / "weights/main/resources/dev/hindsight/weights"
DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


class Model(nn.Module):
    """What all models have in common: images of a shape, and a head, as a config.json has it."""

    def __init__(self, shape, head, count=0, by_value=False):
        super().__init__()
        self.shape, self.count = shape, count  # of classes
        self.classes, self.tables = nn.ModuleList(), 0
        self.distribution = hindsight_heads.create(head, shape.levels, 1 if by_value else shape.channels)
        self.channels = None

    def features(self, width):
        """How many numbers of a pixel the last layer gives: what the head wants, or `width` for each channel."""
        return self.shape.channels * width if self.has_channels() else self.distribution.outputs

    def has_channels(self):
        return self.shape.channels > 1 and self.distribution.by_channel

    def add_channels(self, width):
        """Adds the layers that go through the channels of a pixel, where it needs them."""
        if self.has_channels():
            self.channels = ChannelHead(self.shape.channels, width, self.distribution.outputs)

    def add_classes(self, *widths):
        """Adds what classes say to so many channels each, in order: nothing at first."""
        self.tables = len(widths)
        for width in widths if self.count else ():
            self.classes.append(nn.Embedding(self.count, width))
            nn.init.zeros_(self.classes[-1].weight)

    def told(self, labels):
        """What each of these says of labels (B), one after the other: (B, width), or None where there are none."""
        if labels is None or not self.classes:
            return iter([None] * self.tables)
        known = (labels >= 0)[:, None]
        return iter([said(labels.clamp(min=0)) * known for said in self.classes])

    def scaled(self, pixels):
        """Levels as networks read them: 0 and 1 where there are two, else from -1 to 1."""
        return pixels if self.shape.levels == 2 else 2 / (self.shape.levels - 1) * pixels - 1

    def image(self, scaled):
        """Values (B, D) as images (B, C, H, W)."""
        by_channel = scaled.unflatten(1, (-1, self.shape.channels)).transpose(1, 2)
        return by_channel.unflatten(2, self.shape.sides).contiguous()

    def outputs(self, last, scaled, told):
        """The outputs (B, ...) of what the last layer gives, (B, T, features) of T pixels, and of a class (B, features)."""
        last = last if told is None else last + told[:, None]
        if self.channels is not None:
            last = self.channels(last, scaled.unflatten(1, (-1, self.shape.channels)))
        return last.flatten(1)

    def outputs_of_image(self, last, scaled, told):
        """The same of (B, features, H, W)."""
        return self.outputs(last.flatten(2).transpose(1, 2), scaled, told)

    def nll(self, pixels, labels=None):
        """Nats of each value of images (B, D), or of each pixel where a head joins its channels: add them up."""
        return self.distribution.nll(self(pixels, labels), pixels)


def plus(x, told):
    """Adds what a class says (B, C), or nothing, to activations (B, C, ...)."""
    return x if told is None else x + told.view(told.shape + (1,) * (x.dim() - 2))


# --- Made ---


class Made(Model):
    """MADE, a masked autoencoder (Germain, Gregor, Murray & Larochelle 2015, arXiv 1502.03509).

    A unit sees the units of the layer below whose degree is not above its own. Value i has degree
    i + 1 as an input; as an output it sees strictly smaller degrees only.
    """

    def __init__(self, hidden_degrees, shape=MNIST, head=None, classes=0):
        super().__init__(shape, head, classes, by_value=True)
        values = torch.arange(1, shape.values + 1)
        below, layers = values, []
        for degrees in map(torch.as_tensor, hidden_degrees):
            layers += [MaskedLinear(degrees[:, None] >= below), nn.ReLU()]
            below = degrees
        outputs = values.repeat_interleave(self.distribution.outputs)
        self.net = nn.Sequential(*layers, MaskedLinear(outputs[:, None] > below))
        self.add_classes(*map(len, hidden_degrees), len(outputs))

    def forward(self, pixels, labels=None):
        x, told = self.scaled(pixels), self.told(labels)
        for layer in self.net:
            x = plus(layer(x), next(told)) if isinstance(layer, MaskedLinear) else layer(x)
        return x


# --- WaveNet and LSTM: sequences ---


def previous_pixel(scaled, shape):
    """What position t reads: the C values, row and column of pixel t - 1, and zeros at first.

    (B, D) to (B, T, C + 2) of T pixels; rows and columns go from 0 to 1.
    """
    height, width = shape.sides
    index = torch.arange(shape.pixels, device=scaled.device)
    places = torch.stack([index // width / max(height - 1, 1), index % width / max(width - 1, 1)], 1)
    features = torch.cat([scaled.unflatten(1, (-1, shape.channels)), places.expand(len(scaled), -1, -1)], 2)
    return F.pad(features, (0, 0, 1, 0))[:, :-1]


def gate(x):
    """The gated activation unit: the first half of the channels (axis 1) through the second's."""
    values, gates = x.chunk(2, 1)
    return values.tanh() * gates.sigmoid()


class WaveNet(Model):
    """WaveNet (van den Oord et al. 2016, arXiv 1609.03499), over pixels.

    Causal convolutions whose dilation doubles from block to block and begins again after
    `dilation_cycle` blocks. The output reads the last block, without the paper's skip connections. Of more than two
    levels a value has an embedding, as the paper's samples are one-hot.
    """

    def __init__(self, residual_channels, blocks, dilation_cycle, shape=MNIST, head=None, classes=0):
        super().__init__(shape, head, classes)
        c = residual_channels
        self.first = nn.Conv1d(shape.channels + 2, c, 2)
        add_embedding(self, c, shape.levels > 2)
        self.dil = nn.ModuleList(
            nn.Conv1d(c, 2 * c, 2, dilation=2 ** (b % dilation_cycle)) for b in range(blocks))
        self.res = nn.ModuleList(nn.Conv1d(c, c, 1) for _ in range(blocks))
        self.out = nn.Conv1d(c, self.features(c), 1)
        self.add_channels(c)
        self.add_classes(*[2 * c] * blocks, self.features(c))

    def forward(self, pixels, labels=None):
        scaled, told = self.scaled(pixels), self.told(labels)
        x = previous_pixel(scaled, self.shape).transpose(1, 2)  # (B, C + 2, T)
        x = self.first(F.pad(x, (1, 0)))
        if self.pos is not None:
            x = x + embedded(self, pixels).transpose(1, 2)
        for dilated, residual in zip(self.dil, self.res):
            x = x + residual(gate(plus(dilated(F.pad(x, (dilated.dilation[0], 0))), next(told))))
        return self.outputs(self.out(x).transpose(1, 2), scaled, next(told))


class Lstm(Model):
    """An LSTM over pixels (Hochreiter & Schmidhuber 1997; over images as in arXiv 1601.06759).

    Of more than two levels a value has an embedding, beside a linear layer of it as a number.
    """

    def __init__(self, hidden, layers, shape=MNIST, head=None, classes=0):
        super().__init__(shape, head, classes)
        inputs = shape.channels + 2
        many = shape.levels > 2
        self.first = nn.Linear(inputs, hidden) if many else None
        add_embedding(self, hidden, many)
        self.rnn = nn.LSTM(hidden if many else inputs, hidden, layers, batch_first=True)
        self.fc = nn.Linear(hidden, self.features(hidden))
        self.add_channels(hidden)
        self.add_classes(*[4 * hidden] * layers, self.features(hidden))

    def forward(self, pixels, labels=None):
        scaled, told = self.scaled(pixels), self.told(labels)
        states = previous_pixel(scaled, self.shape)
        if self.first is not None:
            states = self.first(states) + embedded(self, pixels)
        if labels is None or not self.classes:
            states, _ = self.rnn(states)
            *_, last = told
        else:
            *layers, last = told
            for said, weights in zip(layers, self.rnn.all_weights):
                states = self.layer(states, said, *weights)
        return self.outputs(self.fc(states), scaled, last)

    @staticmethod
    def layer(x, told, wx, wh, bx, bh):
        """A layer to whose gates an image's class says something."""
        h = c = x.new_zeros(len(x), wh.shape[1])
        states = []
        for said in (F.linear(x, wx, bx) + told[:, None]).unbind(1):
            i, f, g, o = (said + F.linear(h, wh, bh)).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            states.append(h)
        return torch.stack(states, 1)


# --- PixelCnn, GatedPixelCnn and PixelRnn: images ---


class MaskedConv2d(nn.Conv2d):
    """A convolution that sees what lies before its centre in raster order (section 3.4 of the paper).

    Type A does not see the centre itself, type B does.
    """

    def __init__(self, kind, inputs, outputs, kernel):
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        seen = kernel * kernel // 2 + (kind == "B")
        mask = (torch.arange(kernel * kernel) < seen).float().view(kernel, kernel)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels (axis 1)."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class ResidualBlock(nn.Module):
    """A block of PixelCNN (figure 5 of the paper), on half of the channels."""

    def __init__(self, filters):
        super().__init__()
        half = filters // 2
        self.down = nn.Conv2d(filters, half, 1)
        self.conv = MaskedConv2d("B", half, half, 3)
        self.up = nn.Conv2d(half, filters, 1)

    def forward(self, x, told):
        return x + self.up(plus(self.conv(self.down(x.relu()).relu()), told).relu())


def add_embedding(model, width, positions=True):
    """Gives a model embeddings of a pixel's place and of each level of each channel of the pixel before it."""
    shape = model.shape
    model.embed = nn.Embedding(shape.channels * shape.levels, width) if positions else None
    model.pos = nn.Parameter(torch.zeros(shape.pixels, width)) if positions else None


def embedded(model, pixels):
    """All added: (B, T, width) of T pixels."""
    channels = model.shape.channels
    first_rows = model.shape.levels * torch.arange(channels, device=pixels.device)
    rows = pixels.long().unflatten(1, (-1, channels)) + first_rows
    return F.pad(model.embed(rows).sum(2), (0, 0, 1, 0))[:, :-1] + model.pos


def embedded_image(model, pixels):
    """The same as (B, width, H, W), or 0 where a model has none."""
    if model.pos is None:
        return 0
    return embedded(model, pixels).transpose(1, 2).unflatten(2, model.shape.sides)


class PixelCnn(Model):
    """PixelCNN (van den Oord, Kalchbrenner & Kavukcuoglu 2016, arXiv 1601.06759).

    Masks of convolutions hide whole pixels; the channels of a pixel come apart in the head.
    """

    def __init__(self, filters, layers, kernel, residual_blocks=0, positions=False, shape=MNIST, head=None,
                 classes=0):
        super().__init__(shape, head, classes)
        add_embedding(self, filters, positions)
        net = [MaskedConv2d("A", shape.channels, filters, kernel)]
        for _ in range(layers):
            net += [ChannelNorm(filters), nn.ReLU(), MaskedConv2d("B", filters, filters, kernel)]
        net += [ResidualBlock(filters) for _ in range(residual_blocks)]
        net += [nn.ReLU(), nn.Conv2d(filters, filters, 1), nn.ReLU(), nn.Conv2d(filters, self.features(filters), 1)]
        self.net = nn.Sequential(*net)
        self.add_channels(filters)
        self.add_classes(*[filters] * layers, *[filters // 2] * residual_blocks, self.features(filters))

    def forward(self, pixels, labels=None):
        scaled, told = self.scaled(pixels), self.told(labels)
        x = self.net[0](self.image(scaled)) + embedded_image(self, pixels)
        for layer in self.net[1:]:
            match layer:
                case MaskedConv2d():
                    x = plus(layer(x), next(told))
                case ResidualBlock():
                    x = layer(x, next(told))
                case _:
                    x = layer(x)
        return self.outputs_of_image(x, scaled, next(told))


class VerticalConv2d(nn.Conv2d):
    """Sees the rows above and a pixel's own, to either side of it."""

    def __init__(self, inputs, outputs, kernel, bias=True):
        super().__init__(inputs, outputs, (kernel // 2 + 1, kernel), bias=bias)
        self.reach = kernel // 2

    def forward(self, x):
        return super().forward(F.pad(x, (self.reach, self.reach, self.reach, 0)))


class HorizontalConv2d(nn.Conv2d):
    """Sees a pixel and those to its left in the same row."""

    def __init__(self, inputs, outputs, kernel, bias=True):
        super().__init__(inputs, outputs, (1, kernel // 2 + 1), bias=bias)
        self.reach = kernel // 2

    def forward(self, x):
        return super().forward(F.pad(x, (self.reach, 0)))


class GatedBlock(nn.Module):
    """A layer of both stacks (figure 2 of the paper)."""

    def __init__(self, filters, kernel, skip):
        super().__init__()
        self.v = VerticalConv2d(filters, 2 * filters, kernel, bias=False)
        self.h = HorizontalConv2d(filters, 2 * filters, kernel, bias=False)
        self.vtoh = nn.Conv2d(2 * filters, 2 * filters, 1, bias=False)
        self.htoh = nn.Conv2d(filters, filters, 1, bias=False)
        self.nv, self.nh = ChannelNorm(filters), ChannelNorm(filters)
        self.skip = nn.Conv2d(filters, filters, 1) if skip else None

    def forward(self, v, h, told_v, told_h):
        above = plus(self.v(v), told_v)
        row_above = F.pad(above, (0, 0, 1, 0))[:, :, :-1]  # all that h may know of v
        left = plus(self.h(h) + self.vtoh(row_above), told_h)
        gated = gate(left)
        said = 0 if self.skip is None else self.skip(gated)
        return self.nv(gate(above)), self.nh(h + self.htoh(gated)), said


class GatedPixelCnn(Model):
    """Gated PixelCNN (van den Oord et al. 2016, arXiv 1606.05328).

    A vertical stack sees all rows above, a horizontal one the row to the left, so there is no
    blind spot.
    """

    def __init__(self, filters, layers, kernel, skip=False, positions=False, shape=MNIST, head=None, classes=0):
        super().__init__(shape, head, classes)
        add_embedding(self, filters, positions)
        self.first_v = VerticalConv2d(shape.channels, filters, kernel)
        self.first_h = MaskedConv2d("A", shape.channels, filters, kernel)
        self.blocks = nn.ModuleList(GatedBlock(filters, kernel, skip) for _ in range(layers))
        self.out = MaskedConv2d("B", filters, self.features(filters), kernel)
        self.add_channels(filters)
        self.add_classes(*[2 * filters] * 2 * layers, self.features(filters))

    def forward(self, pixels, labels=None):
        scaled, told = self.scaled(pixels), self.told(labels)
        image = self.image(scaled)
        place = embedded_image(self, pixels)
        v, h = self.first_v(image) + place, self.first_h(image) + place
        skipped = 0
        for block in self.blocks:
            v, h, said = block(v.relu(), h.relu(), next(told), next(told))
            skipped = skipped + said
        return self.outputs_of_image(self.out(h + skipped), scaled, next(told))


class RowLstmBlock(nn.Module):
    """A Row LSTM onto what it reads (section 3.1 and figure 5 of the paper): a row is a step."""

    def __init__(self, hidden):
        super().__init__()
        self.input_to_state = HorizontalConv2d(2 * hidden, 4 * hidden, 3)
        self.state_to_state = nn.Conv2d(hidden, 4 * hidden, (1, 3), padding=(0, 1), bias=False)
        self.up = nn.Conv2d(hidden, 2 * hidden, 1)

    def forward(self, x, told):
        states, h, c = [], None, 0
        for said in plus(self.input_to_state(x), next(told)).split(1, 2):  # row by row
            i, f, g, o = (said if h is None else said + self.state_to_state(h)).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * torch.tanh(c)
            states.append(h)
        return x + self.up(torch.cat(states, 2))


def skew(x):
    """Each row of images (B, C, H, W) one place further to the right than the one above: (B, C, H, W + H - 1)."""
    batch, channels, height, width = x.shape
    flat = F.pad(x, (0, height)).flatten(2)[..., :-height]
    return flat.view(batch, channels, height, width + height - 1)


def unskew(x, width):
    """The way back."""
    batch, channels, height, _ = x.shape
    return F.pad(x.flatten(2), (0, height)).view(batch, channels, height, width + height)[..., :width]


class DiagonalLstm(nn.Module):
    """One direction of a Diagonal BiLSTM, from the left (section 3.2): a column of the skewed image is a step.

    Outside the image all states are zero.
    """

    def __init__(self, hidden):
        super().__init__()
        self.input_to_state = nn.Conv2d(2 * hidden, 4 * hidden, 1)
        self.state_to_state = nn.Conv2d(hidden, 4 * hidden, (2, 1), bias=False)

    def forward(self, x, told):
        states, h, c = [], None, 0
        inside = skew(torch.ones_like(x[:1, :1])).split(1, 3)
        for said, here in zip(skew(plus(self.input_to_state(x), told)).split(1, 3), inside):  # column by column
            if h is not None:
                said = said + self.state_to_state(F.pad(h, (0, 0, 1, 0)))
            i, f, g, o = said.chunk(4, 1)
            c = here * (f.sigmoid() * c + i.sigmoid() * g.tanh())
            h = here * (o.sigmoid() * torch.tanh(c))
            states.append(h)
        return unskew(torch.cat(states, 3), x.shape[3])


class DiagonalBiLstmBlock(nn.Module):
    """A Diagonal BiLSTM onto what it reads: what comes from the right is moved down by a row."""

    def __init__(self, hidden):
        super().__init__()
        self.left_to_right, self.right_to_left = DiagonalLstm(hidden), DiagonalLstm(hidden)
        self.up = nn.Conv2d(hidden, 2 * hidden, 1)

    def forward(self, x, told):
        from_left = self.left_to_right(x, next(told))
        from_right = self.right_to_left(x.flip(3), next(told)).flip(3)
        row_above = F.pad(from_right, (0, 0, 1, 0))[:, :, :-1]
        return x + self.up(from_left + row_above)


class PixelRnn(Model):
    """PixelRNN (van den Oord, Kalchbrenner & Kavukcuoglu 2016, arXiv 1601.06759).

    `lstm` is "ROW" for Row LSTMs or "DIAGONAL" for Diagonal BiLSTMs. Of more than two levels a value has an embedding.
    """

    def __init__(self, hidden, layers, lstm="ROW", shape=MNIST, head=None, classes=0):
        super().__init__(shape, head, classes)
        block = {"ROW": RowLstmBlock, "DIAGONAL": DiagonalBiLstmBlock}[lstm]
        self.first = MaskedConv2d("A", shape.channels, 2 * hidden, 7)
        add_embedding(self, 2 * hidden, shape.levels > 2)
        self.blocks = nn.ModuleList(block(hidden) for _ in range(layers))
        self.hidden = nn.Conv2d(2 * hidden, 2 * hidden, 1)
        self.out = nn.Conv2d(2 * hidden, self.features(2 * hidden), 1)
        self.add_channels(2 * hidden)
        each = {"ROW": 1, "DIAGONAL": 2}[lstm]
        self.add_classes(*[4 * hidden] * each * layers, self.features(2 * hidden))

    def forward(self, pixels, labels=None):
        scaled, told = self.scaled(pixels), self.told(labels)
        x = self.first(self.image(scaled)) + embedded_image(self, pixels)
        for block in self.blocks:
            x = block(x, told)
        return self.outputs_of_image(self.out(self.hidden(x.relu()).relu()), scaled, next(told))


# --- Transformer ---


class SelfAttention(nn.Module):
    """Causal self-attention on a residual stream (B, T, width)."""

    def __init__(self, width, heads, dropout=0.0):
        super().__init__()
        self.heads = heads
        self.ln1 = nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def attention(self, x):
        batch, length, width = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, T, width of a head)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(seen.transpose(1, 2).reshape(batch, length, width))

    def forward(self, x):
        return x + self.dropout(self.attention(self.ln1(x)))


class TransformerBlock(SelfAttention):
    """A pre-norm block of GPT-2."""

    def __init__(self, width, heads, dropout):
        super().__init__(width, heads, dropout)
        self.ln2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = super().forward(x)
        return x + self.dropout(self.mlp(self.ln2(x)))


class Transformer(Model):
    """A pixel transformer (ImageGPT, Chen et al. 2020), with the blocks of GPT-2.

    Position t holds pixel t - 1 and sees itself and those before it; position 0 holds the class.
    """

    def __init__(self, width, layers, heads, dropout=0.0, shape=MNIST, head=None, classes=0):
        super().__init__(shape, head, classes)
        add_embedding(self, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.Sequential(
            *(TransformerBlock(width, heads, dropout) for _ in range(layers)))
        self.ln, self.head = nn.LayerNorm(width), nn.Linear(width, self.features(width))
        self.add_channels(width)
        self.add_classes(width, self.features(width))

    def forward(self, pixels, labels=None):
        x, told = embedded(self, pixels), self.told(labels)
        start = next(told)
        if start is not None:
            x = torch.cat([(x[:, 0] + start)[:, None], x[:, 1:]], 1)
        x = self.blocks(self.dropout(x))
        return self.outputs(self.head(self.ln(x)), self.scaled(pixels), next(told))


# --- PixelSnail ---


class GatedResidual(nn.Module):
    """x + back(gate(conv(relu(norm x)))) of images, where a class adds before the gate."""

    def __init__(self, filters, kernel):
        super().__init__()
        self.norm = ChannelNorm(filters)
        self.conv = MaskedConv2d("B", filters, 2 * filters, kernel)
        self.back = nn.Conv2d(filters, filters, 1)

    def forward(self, x, told):
        return x + self.back(gate(plus(self.conv(self.norm(x).relu()), told)))


class SnailBlock(nn.Module):
    """Gated residual blocks, attention over all earlier pixels, and a gated residual block of 1 x 1."""

    def __init__(self, filters, residual_blocks, kernel, heads):
        super().__init__()
        self.residuals = nn.ModuleList(GatedResidual(filters, kernel) for _ in range(residual_blocks))
        self.attention = SelfAttention(filters, heads)
        self.norm = ChannelNorm(filters)
        self.up, self.back = nn.Conv2d(filters, 2 * filters, 1), nn.Conv2d(filters, filters, 1)

    def forward(self, x, told):
        for residual in self.residuals:
            x = residual(x, next(told))
        sequence = self.attention(x.flatten(2).transpose(1, 2))
        x = sequence.transpose(1, 2).unflatten(2, x.shape[2:])
        return x + self.back(gate(self.up(self.norm(x))))


class PixelSnail(Model):
    """PixelSNAIL (Chen, Mishra, Rohaninejad & Abbeel 2018, arXiv 1712.09763).

    Convolutions see what is near, attention whatever is far.
    """

    def __init__(self, filters, blocks, residual_blocks, kernel, heads, shape=MNIST, head=None, classes=0):
        super().__init__(shape, head, classes)
        add_embedding(self, filters)
        self.first = MaskedConv2d("A", shape.channels, filters, kernel)
        self.blocks = nn.ModuleList(SnailBlock(filters, residual_blocks, kernel, heads) for _ in range(blocks))
        self.norm = ChannelNorm(filters)
        self.out = nn.Conv2d(filters, self.features(filters), 1)
        self.add_channels(filters)
        self.add_classes(*[2 * filters] * residual_blocks * blocks, self.features(filters))

    def forward(self, pixels, labels=None):
        scaled, told = self.scaled(pixels), self.told(labels)
        x = self.first(self.image(scaled)) + embedded_image(self, pixels)
        for block in self.blocks:
            x = block(x, told)
        return self.outputs_of_image(self.out(self.norm(x)), scaled, next(told))


# --- Runs ---


# The sizes of the reference presets; of MADE's degrees there are as many as `hidden` says, drawn by bench/pytorch.
REFERENCE = [
    {"name": "made", "hidden": 1024, "layers": 3},
    {"name": "wavenet", "residualChannels": 320, "blocks": 9, "dilationCycle": 9},
    {"name": "pixelcnn", "filters": 128, "layers": 5, "kernel": 7, "residualBlocks": 0, "positions": False},
    {"name": "gated-pixelcnn", "filters": 96, "layers": 3, "kernel": 7, "skip": False, "positions": False},
    {"name": "transformer", "width": 128, "layers": 2, "heads": 4, "dropout": 0.0},
    {"name": "pixel-snail", "filters": 64, "blocks": 2, "residualBlocks": 2, "kernel": 3, "heads": 4},
    {"name": "lstm", "hidden": 1024, "layers": 1},
    {"name": "pixel-rnn", "hidden": 16, "layers": 7, "lstm": "ROW"},
]


def in_raster_order(model):
    """A model whose class 0 is raster order from the top left, in that order alone."""
    forward = model.forward
    model.forward = lambda pixels, labels=None: forward(pixels, torch.zeros(len(pixels), dtype=torch.long))
    model.count = 0
    return model


def create(config):
    """A model with fresh weights of the sizes that a config.json holds under "model".

    One that knows several raster orders predicts in the first.
    """
    if config.get("name") == "symmetric":
        return in_raster_order(create(config["model"]))
    shape = Shape(**config["shape"]) if "shape" in config else MNIST
    images = shape, config.get("head"), config.get("classes", 0)
    match config:
        case {"name": "made", "orders": orders} if orders != 1:
            raise ValueError(f"MADE of several orders of the pixels ({orders}) is gone; use commit 5d48bc89, its last")
        case {"name": "made", "hiddenDegrees": degrees}:
            return Made(degrees, *images)
        case {"name": "wavenet", "residualChannels": channels, "blocks": n, "dilationCycle": cycle}:
            return WaveNet(channels, n, cycle, *images)
        case {"name": "pixelcnn", "filters": filters, "layers": layers, "kernel": kernel}:
            return PixelCnn(filters, layers, kernel, config["residualBlocks"], config["positions"], *images)
        case {"name": "gated-pixelcnn", "filters": filters, "layers": layers, "kernel": kernel}:
            return GatedPixelCnn(filters, layers, kernel, config["skip"], config["positions"], *images)
        case {"name": "transformer", "width": width, "layers": layers, "heads": heads, "dropout": dropout}:
            return Transformer(width, layers, heads, dropout, *images)
        case {"name": "pixel-snail", "filters": filters, "blocks": blocks, "residualBlocks": residual}:
            return PixelSnail(filters, blocks, residual, config["kernel"], config["heads"], *images)
        case {"name": "lstm", "hidden": hidden, "layers": layers}:
            return Lstm(hidden, layers, *images)
        case {"name": "pixel-rnn", "hidden": hidden, "layers": layers}:
            return PixelRnn(hidden, layers, config.get("lstm", "ROW"), *images)
    raise ValueError(f"no model of Hindsight has the sizes {config}")


def read_safetensors(path):
    """The tensors of a file by name: the header's length, a header in JSON, then all values."""
    data = bytearray(pathlib.Path(path).read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in DTYPES:
            raise ValueError(f"{path}: {name} is {entry['dtype']} but Hindsight writes {', '.join(DTYPES)}")
        begin, shape = entry["data_offsets"][0], entry["shape"]
        flat = torch.frombuffer(data, dtype=DTYPES[entry["dtype"]], count=math.prod(shape), offset=start + begin)
        tensors[name] = flat.view(shape).float()
    return tensors


def load(run):
    """The trained model of a run folder, of a model.safetensors with config.json beside it, or of published weights."""
    path = pathlib.Path(run)
    if not path.exists():  # the newest of runs/made-DATE-TIME, as ./hindsight train names them
        path = max(path.parent.glob(path.name + "-????????-??????"), default=path)
    if not path.exists() and (PUBLISHED / run).exists():
        path = PUBLISHED / run
    file = path / "model.safetensors" if path.is_dir() else path
    model = create(json.loads((file.parent / "config.json").read_text())["model"])
    model.load_state_dict(read_safetensors(file), strict=True)
    return model.eval()


def grey(split="t10k", folder=MNIST10K):
    """The images of a folder of IDX files, (N, D) bytes: rows, columns and perhaps channels."""
    file = pathlib.Path(folder) / f"{split}-images-idx3-ubyte"
    data = file.read_bytes() if file.exists() else gzip.decompress(file.with_suffix(".gz").read_bytes())
    axes = data[3]  # then the extent of each
    values = torch.frombuffer(bytearray(data[4 + 4 * axes:]), dtype=torch.uint8)
    return values.view(int.from_bytes(data[4:8]), -1)


def labels(split="t10k", folder=MNIST10K):
    """The class of each image of a folder of IDX files, (N)."""
    file = pathlib.Path(folder) / f"{split}-labels-idx1-ubyte"
    data = file.read_bytes() if file.exists() else gzip.decompress(file.with_suffix(".gz").read_bytes())
    return torch.frombuffer(bytearray(data[8:]), dtype=torch.uint8).long()


def images(split="t10k", folder=MNIST10K, levels=2):
    """The same as levels: of two, 1 where a byte is above 127."""
    return (grey(split, folder).int() * levels // 256).float()


@torch.no_grad()
def nats_of_each(model, pixels, labels=None, batch=100):
    """Negative log-likelihood of each image of `pixels` (N, D) in nats, (N); of its class where `labels` (N) say it."""
    of = itertools.repeat(None) if labels is None else labels.split(batch)
    return torch.cat([model.nll(x, y).sum(1, dtype=torch.float64) for x, y in zip(pixels.split(batch), of)])


def nats(model, pixels, labels=None, batch=100):
    """Their mean."""
    return nats_of_each(model, pixels, labels, batch).mean().item()


def main():
    parser = argparse.ArgumentParser(
        description="Says in PyTorch how well a run of Hindsight predicts test images.")
    parser.add_argument("run", metavar="RUN", help="the folder of a run, its model.safetensors, or published weights by name")
    parser.add_argument("--data", default=MNIST10K, metavar="FOLDER", type=pathlib.Path,
                        help="holds t10k-images-idx3-ubyte, perhaps with .gz (default: mnist10k)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    options = parser.parse_args()
    try:
        model = load(options.run)
        test = images(folder=options.data, levels=model.shape.levels)
        classes = labels(folder=options.data) if model.count else None
    except (OSError, ValueError, KeyError, RuntimeError) as e:
        sys.exit(f"hindsight_models: {e}")
    if test.shape[1] != model.shape.values:
        sys.exit(f"hindsight_models: {options.data} has images of {test.shape[1]} values but the run's have "
                 f"{model.shape.values}; give others with --data")
    each = nats_of_each(model, test, classes)
    found, error = each.mean().item(), each.std().item() / math.sqrt(len(test))
    bits = found / test.shape[1] / math.log(2)
    if options.json:
        print(json.dumps({"nll_nats": found, "standard_error": error, "bits_per_dim": bits,
                          "images": len(test)}))
    else:
        print(f"{options.data.resolve().name}: {found:.3f} nats per image (standard error {error:.3f}), "
              f"{bits:.5f} bits/dim, {len(test)} images")


if __name__ == "__main__":
    main()
