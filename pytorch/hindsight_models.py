#!/usr/bin/env python3
"""Hindsight's seven models in plain PyTorch, which read what Hindsight has trained.

    import hindsight_models
    model = hindsight_models.load("runs/made")       # an nn.Module
    logits = model(pixels)                           # (B, D) of 0 and 1 to (B, D)

    python3 pytorch/hindsight_models.py runs/made    # what ./hindsight evaluate runs/made says

Every model maps the D pixels of images of one shape in raster order to the logit of each pixel being 1,
and logit i follows from the pixels before i alone. Parameters have the names and shapes of the
run's model.safetensors. Needs nothing but PyTorch.
"""
import argparse
import gzip
import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

MNIST = 28, 28  # height and width of images where nobody says others
SIDE, PIXELS = 28, 784  # of the same, for bench/pytorch
RESOURCES = pathlib.Path(__file__).resolve().parents[1] / "src/hindsight/main/resources"
MNIST10K = RESOURCES / "dev/hindsight/data/mnist10k"
IDX_HEADER = 16  # bytes before the pixels


# --- Made ---


class MaskedLinear(nn.Linear):
    """A linear layer without the weights that `mask` (outputs, inputs) leaves out."""

    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask.float(), persistent=False)

    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


class Made(nn.Module):
    """MADE, a masked autoencoder (Germain, Gregor, Murray & Larochelle 2015, arXiv 1502.03509).

    A unit sees the units of the layer below whose degree is not above its own. Pixel i has degree
    i + 1 as an input; as an output it sees strictly smaller degrees only. A run that was trained in
    several orders of the pixels has weights for all of them; this is the first, raster order.
    """

    def __init__(self, hidden_degrees, shape=MNIST):
        super().__init__()
        self.shape = shape
        pixels = torch.arange(1, math.prod(shape) + 1)
        below, layers = pixels, []
        for degrees in map(torch.as_tensor, hidden_degrees):
            layers += [MaskedLinear(degrees[:, None] >= below), nn.ReLU()]
            below = degrees
        self.net = nn.Sequential(*layers, MaskedLinear(pixels[:, None] > below))

    def forward(self, pixels):
        return self.net(pixels)


# --- WaveNet and LSTM: sequences ---


def previous_pixel(pixels, shape):
    """What position t reads: value, row and column of pixel t - 1, and zeros at first.

    (B, D) to (B, D, 3); rows and columns go from 0 to 1.
    """
    height, width = shape
    index = torch.arange(height * width, device=pixels.device)
    places = torch.stack([index // width / max(height - 1, 1), index % width / max(width - 1, 1)], 1)
    features = torch.cat([pixels[..., None], places.expand(len(pixels), -1, -1)], 2)
    return F.pad(features, (0, 0, 1, 0))[:, :-1]


def gate(x):
    """The gated activation unit: the first half of the channels (axis 1) through the second's."""
    values, gates = x.chunk(2, 1)
    return values.tanh() * gates.sigmoid()


class WaveNet(nn.Module):
    """WaveNet (van den Oord et al. 2016, arXiv 1609.03499), over pixels.

    Causal convolutions whose dilation doubles from block to block and begins again after
    `dilation_cycle` blocks. The output reads the last block, without the paper's skip connections.
    """

    def __init__(self, residual_channels, blocks, dilation_cycle, shape=MNIST):
        super().__init__()
        self.shape = shape
        c = residual_channels
        self.first = nn.Conv1d(3, c, 2)
        self.dil = nn.ModuleList(
            nn.Conv1d(c, 2 * c, 2, dilation=2 ** (b % dilation_cycle)) for b in range(blocks))
        self.res = nn.ModuleList(nn.Conv1d(c, c, 1) for _ in range(blocks))
        self.out = nn.Conv1d(c, 1, 1)

    def forward(self, pixels):
        x = previous_pixel(pixels, self.shape).transpose(1, 2)  # (B, 3, D)
        x = self.first(F.pad(x, (1, 0)))
        for dilated, residual in zip(self.dil, self.res):
            x = x + residual(gate(dilated(F.pad(x, (dilated.dilation[0], 0)))))
        return self.out(x).squeeze(1)


class Lstm(nn.Module):
    """An LSTM over pixels (Hochreiter & Schmidhuber 1997; over images as in arXiv 1601.06759)."""

    def __init__(self, hidden, layers, shape=MNIST):
        super().__init__()
        self.shape = shape
        self.rnn = nn.LSTM(3, hidden, layers, batch_first=True)
        self.fc = nn.Linear(hidden, 1)

    def forward(self, pixels):
        states, _ = self.rnn(previous_pixel(pixels, self.shape))
        return self.fc(states).squeeze(2)


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

    def forward(self, x):
        return x + self.up(self.conv(self.down(x.relu()).relu()).relu())


def add_embedding(model, shape, width, positions=True):
    """Gives a model embeddings of a pixel's place and of the value of the pixel before it."""
    model.shape = shape
    model.embed = nn.Embedding(2, width) if positions else None
    model.pos = nn.Parameter(torch.zeros(math.prod(shape), width)) if positions else None


def embedded(model, pixels):
    """Both, added: (B, D, width)."""
    return F.pad(model.embed(pixels.long()), (0, 0, 1, 0))[:, :-1] + model.pos


def embedded_image(model, pixels):
    """The same as (B, width, H, W), or 0 where a model has none."""
    if model.pos is None:
        return 0
    return embedded(model, pixels).transpose(1, 2).unflatten(2, model.shape)


class PixelCnn(nn.Module):
    """PixelCNN (van den Oord, Kalchbrenner & Kavukcuoglu 2016, arXiv 1601.06759)."""

    def __init__(self, filters, layers, kernel, residual_blocks=0, positions=False, shape=MNIST):
        super().__init__()
        add_embedding(self, shape, filters, positions)
        net = [MaskedConv2d("A", 1, filters, kernel)]
        for _ in range(layers):
            net += [ChannelNorm(filters), nn.ReLU(), MaskedConv2d("B", filters, filters, kernel)]
        net += [ResidualBlock(filters) for _ in range(residual_blocks)]
        net += [nn.ReLU(), nn.Conv2d(filters, filters, 1), nn.ReLU(), nn.Conv2d(filters, 1, 1)]
        self.net = nn.Sequential(*net)

    def forward(self, pixels):
        first = self.net[0](pixels.view(-1, 1, *self.shape)) + embedded_image(self, pixels)
        return self.net[1:](first).flatten(1)


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

    def forward(self, v, h):
        above = self.v(v)
        row_above = F.pad(above, (0, 0, 1, 0))[:, :, :-1]  # all that h may know of v
        left = self.h(h) + self.vtoh(row_above)
        gated = gate(left)
        said = 0 if self.skip is None else self.skip(gated)
        return self.nv(gate(above)), self.nh(h + self.htoh(gated)), said


class GatedPixelCnn(nn.Module):
    """Gated PixelCNN (van den Oord et al. 2016, arXiv 1606.05328).

    A vertical stack sees all rows above, a horizontal one the row to the left, so there is no
    blind spot.
    """

    def __init__(self, filters, layers, kernel, skip=False, positions=False, shape=MNIST):
        super().__init__()
        add_embedding(self, shape, filters, positions)
        self.first_v = VerticalConv2d(1, filters, kernel)
        self.first_h = MaskedConv2d("A", 1, filters, kernel)
        self.blocks = nn.ModuleList(GatedBlock(filters, kernel, skip) for _ in range(layers))
        self.out = MaskedConv2d("B", filters, 1, kernel)

    def forward(self, pixels):
        image = pixels.view(-1, 1, *self.shape)
        place = embedded_image(self, pixels)
        v, h = self.first_v(image) + place, self.first_h(image) + place
        skipped = 0
        for block in self.blocks:
            v, h, said = block(v.relu(), h.relu())
            skipped = skipped + said
        return self.out(h + skipped).flatten(1)


class RowLstmBlock(nn.Module):
    """A Row LSTM onto what it reads (section 3.1 and figure 5 of the paper): a row is a step."""

    def __init__(self, hidden):
        super().__init__()
        self.input_to_state = HorizontalConv2d(2 * hidden, 4 * hidden, 3)
        self.state_to_state = nn.Conv2d(hidden, 4 * hidden, (1, 3), padding=(0, 1), bias=False)
        self.up = nn.Conv2d(hidden, 2 * hidden, 1)

    def forward(self, x):
        states, h, c = [], None, 0
        for said in self.input_to_state(x).split(1, 2):  # row by row
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

    def forward(self, x):
        states, h, c = [], None, 0
        inside = skew(torch.ones_like(x[:1, :1])).split(1, 3)
        for said, here in zip(skew(self.input_to_state(x)).split(1, 3), inside):  # column by column
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

    def forward(self, x):
        from_right = self.right_to_left(x.flip(3)).flip(3)
        row_above = F.pad(from_right, (0, 0, 1, 0))[:, :, :-1]
        return x + self.up(self.left_to_right(x) + row_above)


class PixelRnn(nn.Module):
    """PixelRNN (van den Oord, Kalchbrenner & Kavukcuoglu 2016, arXiv 1601.06759).

    `lstm` is "ROW" for Row LSTMs or "DIAGONAL" for Diagonal BiLSTMs.
    """

    def __init__(self, hidden, layers, lstm="ROW", shape=MNIST):
        super().__init__()
        self.shape = shape
        block = {"ROW": RowLstmBlock, "DIAGONAL": DiagonalBiLstmBlock}[lstm]
        self.first = MaskedConv2d("A", 1, 2 * hidden, 7)
        self.blocks = nn.Sequential(*(block(hidden) for _ in range(layers)))
        self.hidden = nn.Conv2d(2 * hidden, 2 * hidden, 1)
        self.out = nn.Conv2d(2 * hidden, 1, 1)

    def forward(self, pixels):
        x = self.blocks(self.first(pixels.view(-1, 1, *self.shape)))
        return self.out(self.hidden(x.relu()).relu()).flatten(1)


# --- Transformer ---


class TransformerBlock(nn.Module):
    """A pre-norm block of GPT-2."""

    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def attention(self, x):
        batch, length, width = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, T, width of a head)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(seen.transpose(1, 2).reshape(batch, length, width))

    def forward(self, x):
        x = x + self.dropout(self.attention(self.ln1(x)))
        return x + self.dropout(self.mlp(self.ln2(x)))


class Transformer(nn.Module):
    """A pixel transformer (ImageGPT, Chen et al. 2020), with the blocks of GPT-2.

    Position t holds pixel t - 1 and sees itself and those before it; position 0 holds none.
    """

    def __init__(self, width, layers, heads, dropout=0.0, shape=MNIST):
        super().__init__()
        add_embedding(self, shape, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.Sequential(
            *(TransformerBlock(width, heads, dropout) for _ in range(layers)))
        self.ln, self.head = nn.LayerNorm(width), nn.Linear(width, 1)

    def forward(self, pixels):
        x = self.blocks(self.dropout(embedded(self, pixels)))
        return self.head(self.ln(x)).squeeze(2)


# --- Runs ---


# The sizes of the reference presets; of MADE's degrees there are as many as `hidden` says, drawn by bench/pytorch.
REFERENCE = [
    {"name": "made", "hidden": 1024, "layers": 3},
    {"name": "wavenet", "residualChannels": 320, "blocks": 9, "dilationCycle": 9},
    {"name": "pixelcnn", "filters": 128, "layers": 5, "kernel": 7, "residualBlocks": 0, "positions": False},
    {"name": "gated-pixelcnn", "filters": 96, "layers": 3, "kernel": 7, "skip": False, "positions": False},
    {"name": "transformer", "width": 128, "layers": 2, "heads": 4, "dropout": 0.0},
    {"name": "lstm", "hidden": 1024, "layers": 1},
    {"name": "pixel-rnn", "hidden": 16, "layers": 7, "lstm": "ROW"},
]


def create(config):
    """A model with fresh weights of the sizes that a config.json holds under "model"."""
    shape = tuple(config["shape"][side] for side in ("height", "width")) if "shape" in config else MNIST
    match config:
        case {"name": "made", "hiddenDegrees": degrees}:
            return Made(degrees, shape)
        case {"name": "wavenet", "residualChannels": channels, "blocks": n, "dilationCycle": cycle}:
            return WaveNet(channels, n, cycle, shape)
        case {"name": "pixelcnn", "filters": filters, "layers": layers, "kernel": kernel}:
            return PixelCnn(filters, layers, kernel, config["residualBlocks"],
                            config["positions"], shape)
        case {"name": "gated-pixelcnn", "filters": filters, "layers": layers, "kernel": kernel}:
            return GatedPixelCnn(filters, layers, kernel, config["skip"],
                                 config["positions"], shape)
        case {"name": "transformer", "width": width, "layers": layers, "heads": heads,
              "dropout": dropout}:
            return Transformer(width, layers, heads, dropout, shape)
        case {"name": "lstm", "hidden": hidden, "layers": layers}:
            return Lstm(hidden, layers, shape)
        case {"name": "pixel-rnn", "hidden": hidden, "layers": layers}:
            return PixelRnn(hidden, layers, config.get("lstm", "ROW"), shape)
    raise ValueError(f"no model of Hindsight has the sizes {config}")


def read_safetensors(path):
    """The tensors of a file by name: the header's length, a header in JSON, then all values."""
    data = bytearray(pathlib.Path(path).read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is {entry['dtype']} but Hindsight writes F32")
        begin, shape = entry["data_offsets"][0], entry["shape"]
        flat = torch.frombuffer(data, dtype=torch.float32, count=math.prod(shape), offset=start + begin)
        tensors[name] = flat.view(shape)
    return tensors


def load(run):
    """The trained model of a run folder, or of a model.safetensors with config.json beside it."""
    path = pathlib.Path(run)
    if not path.exists():  # the newest of runs/made-DATE-TIME, as ./hindsight train names them
        path = max(path.parent.glob(path.name + "-????????-??????"), default=path)
    file = path / "model.safetensors" if path.is_dir() else path
    model = create(json.loads((file.parent / "config.json").read_text())["model"])
    model.load_state_dict(read_safetensors(file), strict=True)
    return model.eval()


def grey(split="t10k", folder=MNIST10K):
    """The images of a folder of IDX files, (N, D), 0 (background) to 255."""
    file = pathlib.Path(folder) / f"{split}-images-idx3-ubyte"
    pixels = file.read_bytes() if file.exists() else gzip.decompress(file.with_suffix(".gz").read_bytes())
    return torch.frombuffer(bytearray(pixels[IDX_HEADER:]), dtype=torch.uint8).view(
        int.from_bytes(pixels[4:8]), -1)


def images(split="t10k", folder=MNIST10K):
    """The same, 1 where a pixel is above 127, else 0."""
    return (grey(split, folder) > 127).float()


@torch.no_grad()
def nats_of_each(model, pixels, batch=100):
    """Negative log-likelihood of each image of `pixels` (N, D) in nats, (N)."""
    losses = [F.binary_cross_entropy_with_logits(model(x), x, reduction="none").sum(1, dtype=torch.float64)
              for x in pixels.split(batch)]
    return torch.cat(losses)


def nats(model, pixels, batch=100):
    """Their mean."""
    return nats_of_each(model, pixels, batch).mean().item()


def main():
    parser = argparse.ArgumentParser(
        description="Says in PyTorch how well a run of Hindsight predicts test images.")
    parser.add_argument("run", metavar="RUN", help="the folder of a run, or its model.safetensors")
    parser.add_argument("--data", default=MNIST10K, metavar="FOLDER", type=pathlib.Path,
                        help="holds t10k-images-idx3-ubyte, perhaps with .gz (default: mnist10k)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    options = parser.parse_args()
    try:
        model, test = load(options.run), images(folder=options.data)
    except (OSError, ValueError, KeyError, RuntimeError) as e:
        sys.exit(f"hindsight_models: {e}")
    if test.shape[1] != math.prod(model.shape):
        sys.exit(f"hindsight_models: {options.data} has images of {test.shape[1]} pixels but the run's have "
                 f"{math.prod(model.shape)}; give others with --data")
    each = nats_of_each(model, test)
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
