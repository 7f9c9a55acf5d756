#!/usr/bin/env python3
"""Trains a PixelCNN++ in plain PyTorch on the images of a run of Hindsight, for so many minutes.

    bench/pytorch/pixelcnn_pp.py RUN --minutes 60 [--filters 22] [--blocks 2] [--dropout 0] [--images N] [--data FOLDER]

PixelCNN++ (Salimans et al. 2017, arXiv 1701.05517): two streams of gated residual blocks at three resolutions with
shortcuts between both halves, weight normalization (Salimans & Kingma 2016) that starts from data, dropout, a mixture
of ten logistics, Adam, and an average of the weights. Images held out, their order and the test are the run's. Half a
cosine takes the rate to zero at the last minute, or with --images after so many images, however long they take. Now and
then a line on stderr, at the end one line of JSON.
"""
import argparse
import copy
import json
import math
import pathlib
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "pytorch"))
import data  # noqa: E402
from draws import Key  # noqa: E402
from hindsight_heads import LogisticMixture  # noqa: E402
from hindsight_models import Shape, nats, nats_of_each  # noqa: E402
from learn import Average  # noqa: E402

COMPONENTS = 10
WARM_UP = 500
REPORTED = 32  # batches between two lines


def concat_elu(x):
    return F.elu(torch.cat([x, -x], 1))


class Conv(nn.Module):
    """A convolution with weight normalization, of what lies above (`down`) or also to the left (`right`)."""

    def __init__(self, inputs, outputs, kernel=(1, 1), right=False, stride=1):
        super().__init__()
        height, width = kernel
        self.pad = (width - 1, 0, height - 1, 0) if right else (width // 2, width // 2, height - 1, 0)
        self.conv = weight_norm(nn.Conv2d(inputs, outputs, kernel, stride))

    def forward(self, x):
        return self.conv(F.pad(x, self.pad))


class Deconv(nn.Module):
    """A transposed convolution of stride 2, cut so that it sees what lies above, or also to the left."""

    def __init__(self, channels, kernel, right=False):
        super().__init__()
        self.height, self.width = kernel
        self.right = right
        self.conv = weight_norm(nn.ConvTranspose2d(channels, channels, kernel, 2, output_padding=1), dim=1)

    def forward(self, x, sides):
        y = self.conv(x)
        left = 0 if self.right else (self.width - 1) // 2
        return y[:, :, :sides[0], left:left + sides[1]]


class Block(nn.Module):
    """A gated residual block, which may also see another stream or what a shortcut brings."""

    def __init__(self, channels, kernel, dropout, right=False, seen=0):
        super().__init__()
        self.first = Conv(2 * channels, channels, kernel, right)
        self.seen = Conv(2 * seen, channels) if seen else None
        self.last = Conv(2 * channels, 2 * channels, kernel, right)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, seen=None):
        y = self.first(concat_elu(x))
        if self.seen is not None:
            y = y + self.seen(concat_elu(seen))
        a, b = self.last(self.dropout(concat_elu(y))).chunk(2, 1)
        return x + a * b.sigmoid()


class Level(nn.Module):
    """Blocks of both streams at one resolution."""

    def __init__(self, channels, blocks, dropout, upward):
        super().__init__()
        seen = (0, channels) if upward else (channels, 2 * channels)
        self.down = nn.ModuleList(Block(channels, (2, 3), dropout, False, seen[0]) for _ in range(blocks))
        self.right = nn.ModuleList(Block(channels, (2, 2), dropout, True, seen[1]) for _ in range(blocks))


def moved(x, down, right):
    """All pixels moved by so many places; what comes in is 0."""
    return F.pad(x, (right, -right, down, -down))


class PixelCnnPlusPlus(nn.Module):
    def __init__(self, shape, channels, blocks, dropout):
        super().__init__()
        self.shape = shape
        self.distribution = LogisticMixture(shape.levels, shape.channels, COMPONENTS)
        inputs = shape.channels + 1  # and ones, which tell an image from what is around it
        self.above = Conv(inputs, channels, (2, 3))
        self.row_above = Conv(inputs, channels, (1, 3))
        self.left = Conv(inputs, channels, (2, 1), True)
        self.up = nn.ModuleList(Level(channels, blocks, dropout, True) for _ in range(3))
        self.smaller = nn.ModuleList(
            nn.ModuleList([Conv(channels, channels, (2, 3), stride=2), Conv(channels, channels, (2, 2), True, 2)])
            for _ in range(2))
        self.down = nn.ModuleList(Level(channels, blocks + (k > 0), dropout, False) for k in range(3))
        self.larger = nn.ModuleList(
            nn.ModuleList([Deconv(channels, (2, 3)), Deconv(channels, (2, 2), True)]) for _ in range(2))
        self.out = Conv(channels, self.distribution.outputs)

    def forward(self, pixels):
        x = (2 / (self.shape.levels - 1) * pixels - 1).unflatten(1, (-1, self.shape.channels)).transpose(1, 2)
        x = x.unflatten(2, self.shape.sides)
        x = torch.cat([x, torch.ones_like(x[:, :1])], 1)
        u = [moved(self.above(x), 1, 0)]
        ul = [moved(self.row_above(x), 1, 0) + moved(self.left(x), 0, 1)]
        for k, level in enumerate(self.up):
            for down, right in zip(level.down, level.right):
                u.append(down(u[-1]))
                ul.append(right(ul[-1], u[-1]))
            if k < 2:
                u.append(self.smaller[k][0](u[-1]))
                ul.append(self.smaller[k][1](ul[-1]))
        a, b = u.pop(), ul.pop()
        for k, level in enumerate(self.down):
            for down, right in zip(level.down, level.right):
                a = down(a, u.pop())
                b = right(b, torch.cat([a, ul.pop()], 1))
            if k < 2:
                sides = u[-1].shape[2:]
                a, b = self.larger[k][0](a, sides), self.larger[k][1](b, sides)
        return self.out(F.elu(b)).flatten(2).transpose(1, 2).flatten(1)

    def nll(self, pixels, labels=None):
        """Nats of each pixel of images (B, D); it knows no classes."""
        return self.distribution.nll(self(pixels), pixels)


@torch.no_grad()
def start_from_data(model, pixels):
    """Each layer's outputs begin with mean 0 and variance 1 on some images."""

    def normalize(module, inputs, outputs):
        rest = [0, 2, 3]
        mean, deviation = outputs.mean(rest), outputs.std(rest) + 1e-6
        gain = module.parametrizations.weight.original0
        gain.div_(deviation.view_as(gain))
        module.bias.sub_(mean).div_(deviation)
        return (outputs - mean[:, None, None]) / deviation[:, None, None]

    convolutions = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    hooks = [m.register_forward_hook(normalize) for m in convolutions if m is not model.out.conv]
    model.eval()(pixels)
    for hook in hooks:
        hook.remove()


def leak(model):
    """How many earlier outputs a pixel changes: 0, or the model is wrong."""
    d = model.shape.values
    pixels = torch.randint(model.shape.levels, (1, d)).float()
    before = model.eval()(pixels).view(model.shape.pixels, -1)
    wrong = 0
    for pixel in range(0, model.shape.pixels, 37):
        other = pixels.clone()
        at = slice(pixel * model.shape.channels, (pixel + 1) * model.shape.channels)
        other[:, at] = model.shape.levels - 1 - other[:, at]
        changed = (model(other).view(model.shape.pixels, -1) - before).abs().amax(1) > 1e-5
        wrong += int(changed[:pixel + 1].sum())
    return wrong


def train(options):
    config = json.loads((options.run / "config.json").read_text())
    shape = Shape(**config["model"]["shape"])
    torch.manual_seed(config["seed"])
    model = PixelCnnPlusPlus(shape, options.filters, options.blocks, options.dropout)
    everything, test = data.read(options.data or data.folder(config["data"]["name"]), shape, False)
    images, held = everything.cut("validation", config["data"]["validation"])
    key = Key(config["seed"]).fold("train")
    size, peak = options.batch, options.rate
    start_from_data(model, next(images.batches(size, key, 0, 0, 0))[0])
    if leak(model):
        raise ValueError("PixelCNN++ sees later pixels")
    parameters = sum(p.numel() for p in model.parameters())
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    average = Average(model, 0.9995)
    begun, seen, lost, heard = time.monotonic(), 0, 0.0, 0
    share, epoch, step = 0.0, 0, 0
    while share < 1:
        for x, _ in images.batches(size, key, epoch, 0, 0):
            minutes = (time.monotonic() - begun) / 60
            share = seen / options.images if options.images else minutes / options.minutes
            if share >= 1:
                break
            for group in optimiser.param_groups:
                group["lr"] = peak * min(1, (step + 1) / WARM_UP) * (1 + math.cos(math.pi * share)) / 2
            model.train()
            optimiser.zero_grad(set_to_none=True)
            loss = model.nll(x).sum() / x.numel()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimiser.step()
            step += 1
            average.follow(step)
            seen, lost, heard = seen + len(x), lost + loss.item() * len(x), heard + len(x)
            if step % REPORTED == 0:
                print(f"{seen} images, {minutes:.1f} min, {seen / minutes / 60 if minutes else 0:.0f} images/s, "
                      f"{lost / heard / math.log(2):.4f} bits/dim", file=sys.stderr, flush=True)
                lost, heard = 0.0, 0
        epoch += 1
    seconds = time.monotonic() - begun
    trained = average.model.eval()
    each = nats_of_each(trained, test.all(Key(0).fold("evaluation")))
    bits = shape.values * math.log(2)
    return {
        "model": "pixelcnn++",
        "parameters": parameters,
        "images": seen,
        "seconds": seconds,
        "validation_bits_per_dim": nats(trained, held.all(Key(0))) / bits,
        "test_bits_per_dim": each.mean().item() / bits,
        "standard_error": each.std().item() / math.sqrt(len(each)) / bits,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", metavar="RUN", type=pathlib.Path, help="the folder of a run")
    parser.add_argument("--minutes", type=float, default=60, help="of training (default: %(default)s)")
    parser.add_argument("--images", type=int, help="to train on, instead of minutes")
    parser.add_argument("--filters", type=int, default=22, help="channels of a stream (default: %(default)s)")
    parser.add_argument("--blocks", type=int, default=2, help="at each resolution (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=16, help="images in a batch (default: %(default)s)")
    parser.add_argument("--dropout", type=float, default=0.5, help="in each block (default: the paper's, %(default)s)")
    parser.add_argument("--rate", type=float, default=1e-3, help="peak of the rate (default: %(default)s)")
    parser.add_argument("--data", metavar="FOLDER", type=pathlib.Path, help="of images (default: the run's)")
    options = parser.parse_args()
    try:
        print(json.dumps(train(options)))
    except (OSError, ValueError, KeyError) as e:
        sys.exit(f"pixelcnn_pp: {e}")


if __name__ == "__main__":
    main()
