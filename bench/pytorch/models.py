"""The six models as a PyTorch user would write them, at the sizes of Hindsight's seed preset.

Plain modules and library layers: masks are multiplied into the weights, attention is PyTorch's own. Only what the
comparison needs: logits of 784 pixels from 784 pixels, the same function and the same number of parameters as
Hindsight's models (`compare.py` checks the number).
"""
import torch
import torch.nn.functional as F
from torch import nn

SIDE, PIXELS = 28, 784


def places():
    """Row and column of every pixel in [0, 1]: (784, 2)."""
    index = torch.arange(PIXELS)
    return torch.stack([index // SIDE, index % SIDE], 1) / (SIDE - 1)


def previous(pixels):
    """What a sequence model may read at t, pixel t - 1 with its place: (B, 784, 3), zeros first."""
    features = torch.cat([pixels[..., None], places().expand(len(pixels), -1, -1)], 2)
    return F.pad(features, (0, 0, 1, 0))[:, :-1]


class MaskedLinear(nn.Linear):
    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask.float())

    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


class Made(nn.Module):
    def __init__(self, hidden=1024, layers=3):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        pixels = torch.arange(1, PIXELS + 1)
        degrees, stack = pixels, []
        for _ in range(layers):
            above = torch.randint(int(degrees.min()), PIXELS, (hidden,), generator=generator)
            stack += [MaskedLinear(above[:, None] >= degrees), nn.ReLU()]
            degrees = above
        self.net = nn.Sequential(*stack, MaskedLinear(pixels[:, None] > degrees))

    def forward(self, pixels):
        return self.net(pixels)


class WaveNet(nn.Module):
    def __init__(self, channels=320, blocks=9):
        super().__init__()
        self.first = nn.Conv1d(3, channels, 2)
        self.dilated = nn.ModuleList(
            nn.Conv1d(channels, 2 * channels, 2, dilation=1 << b) for b in range(blocks))
        self.residual = nn.ModuleList(nn.Conv1d(channels, channels, 1) for _ in range(blocks))
        self.last = nn.Conv1d(channels, 1, 1)

    def forward(self, pixels):
        h = self.first(F.pad(previous(pixels).transpose(1, 2), (1, 0)))
        for conv, mix in zip(self.dilated, self.residual):
            a, b = conv(F.pad(h, (conv.dilation[0], 0))).chunk(2, 1)
            h = h + mix(a.tanh() * b.sigmoid())
        return self.last(h).squeeze(1)


class MaskedConv2d(nn.Conv2d):
    """Type A sees strictly earlier taps, type B its own place too."""

    def __init__(self, kind, inputs, outputs, size):
        super().__init__(inputs, outputs, size, padding=size // 2)
        tap = torch.arange(size * size)
        live = tap < size * size // 2 + (kind == "B")
        self.register_buffer("mask", live.float().view(size, size))

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class NormOverChannels(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class PixelCnn(nn.Module):
    def __init__(self, filters=128, layers=5, size=7):
        super().__init__()
        body = [MaskedConv2d("A", 1, filters, size)]
        for _ in range(layers):
            body += [NormOverChannels(filters), nn.ReLU(), MaskedConv2d("B", filters, filters, size)]
        body += [nn.ReLU(), nn.Conv2d(filters, filters, 1), nn.ReLU(), nn.Conv2d(filters, 1, 1)]
        self.net = nn.Sequential(*body)

    def forward(self, pixels):
        return self.net(pixels.view(-1, 1, SIDE, SIDE)).flatten(1)


def rows_above(x, size):
    """Pads x for a convolution of size // 2 + 1 rows that sees the rows down to its own: a vertical stack."""
    reach = size // 2
    return F.pad(x, (reach, reach, reach, 0))


class GatedBlock(nn.Module):
    def __init__(self, filters, size):
        super().__init__()
        self.size, reach = size, size // 2
        self.v = nn.Conv2d(filters, 2 * filters, (reach + 1, size), bias=False)
        self.h = nn.Conv2d(filters, 2 * filters, (1, reach + 1), bias=False)
        self.vtoh = nn.Conv2d(2 * filters, 2 * filters, 1, bias=False)
        self.htoh = nn.Conv2d(filters, filters, 1, bias=False)
        self.nv, self.nh = NormOverChannels(filters), NormOverChannels(filters)

    def forward(self, v, h):
        up = self.v(rows_above(v, self.size))
        told = self.vtoh(F.pad(up, (0, 0, 1, 0))[:, :, :-1])  # of the row above
        across = self.h(F.pad(h, (self.size // 2, 0))) + told
        a, b = up.chunk(2, 1)
        c, d = across.chunk(2, 1)
        return self.nv(a.tanh() * b.sigmoid()), self.nh(h + self.htoh(c.tanh() * d.sigmoid()))


class GatedPixelCnn(nn.Module):
    def __init__(self, filters=96, blocks=3, size=7):
        super().__init__()
        self.size = size
        self.first_v = nn.Conv2d(1, filters, (size // 2 + 1, size))
        self.first_h = MaskedConv2d("A", 1, filters, size)
        self.blocks = nn.ModuleList(GatedBlock(filters, size) for _ in range(blocks))
        self.out = MaskedConv2d("B", filters, 1, size)

    def forward(self, pixels):
        image = pixels.view(-1, 1, SIDE, SIDE)
        v, h = self.first_v(rows_above(image, self.size)), self.first_h(image)
        for block in self.blocks:
            v, h = block(v.relu(), h.relu())
        return self.out(h).flatten(1)


class TransformerBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.mix(seen.transpose(1, 2).reshape(batch, length, width))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, width=128, layers=2, heads=4):
        super().__init__()
        self.value = nn.Embedding(2, width)
        self.position = nn.Parameter(torch.zeros(PIXELS, width))
        self.blocks = nn.Sequential(*(TransformerBlock(width, heads) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 1)

    def forward(self, pixels):
        tokens = F.pad(self.value(pixels.long()), (0, 0, 1, 0))[:, :-1]
        return self.head(self.norm(self.blocks(tokens + self.position))).squeeze(2)


class Lstm(nn.Module):
    def __init__(self, hidden=1024):
        super().__init__()
        self.rnn = nn.LSTM(3, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, 1)

    def forward(self, pixels):
        return self.fc(self.rnn(previous(pixels))[0]).squeeze(2)


MODELS = {
    "made": Made, "wavenet": WaveNet, "pixelcnn": PixelCnn, "gated-pixelcnn": GatedPixelCnn,
    "transformer": Transformer, "lstm": Lstm,
}
