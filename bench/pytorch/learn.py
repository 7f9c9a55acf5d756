#!/usr/bin/env python3
"""Trains in plain PyTorch what a run of Hindsight trained: same model, sizes, steps, recipe and protocol.

    bench/pytorch/learn.py RUN [--seed N] [--start torch] [--data FOLDER]

All of it is read from RUN/config.json. Images held out, order of images, pixels drawn, and the initial weights too, are
Hindsight's to the bit (`data.py`, `draws.py`, `start.py`); so what is left to differ is the arithmetic of model,
gradient, Adam and average. `--start torch` begins with the weights that PyTorch's layers begin with. The run may be
unfinished: nothing but its config is read. A line for each epoch on stderr, at the end one line of JSON.
"""
import argparse
import copy
import hashlib
import json
import math
import pathlib
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "pytorch"))
import data  # noqa: E402
from draws import Key  # noqa: E402
from hindsight_models import (  # noqa: E402
    DiagonalLstm, GatedBlock, GatedResidual, MaskedConv2d, RowLstmBlock, SelfAttention, SnailBlock, WaveNet, create,
    nats, nats_of_each)
from start import start_from, start_from_data  # noqa: E402

BINARIZATIONS = 5
STRIDE = 8  # steps between two moves of the average of the weights


# --- Training ---


def schedule(name, peak, step, steps):
    match name:
        case "CONSTANT":
            return peak
        case "COOLDOWN":
            return peak * min(1, 2 * (1 - step / steps))
        case "COSINE":
            return peak * (1 + math.cos(math.pi * step / steps)) / 2
    raise ValueError(f"no schedule is called {name}")


def rate(recipe, step, steps):
    """Of a step, from 0."""
    peak, warm = recipe["rate"]["peak"], recipe["rate"]["warmUp"]
    return peak * (step + 1) / warm if step < warm else schedule(recipe["rate"]["schedule"], peak, step - warm, steps - warm)


class Average:
    """The exponential moving average of a model's weights: a copy of the model that has it."""

    def __init__(self, model, decay):
        self.weights, self.decay = list(model.parameters()), decay
        self.model = copy.deepcopy(model).eval()

    @torch.no_grad()
    def follow(self, step):
        """After step number `step`, from 1. It moves each eight steps, as far as single steps would move it."""
        if step % STRIDE == 0:
            decay = min(self.decay, (1 + step) / (10 + step))
            torch._foreach_lerp_(list(self.model.parameters()), self.weights, 1 - decay**STRIDE)


def stacked(model):
    """How many matrices lie below each other in weights: queries, keys and values, or gates."""
    counts = {}
    for m in model.modules():
        match m:
            case SelfAttention():
                layers, count = [m.qkv], 3
            case WaveNet():
                layers, count = m.dil, 2
            case GatedBlock():
                layers, count = [m.v, m.h, m.vtoh], 2
            case GatedResidual():
                layers, count = [m.conv], 2
            case SnailBlock():
                layers, count = [m.up], 2
            case RowLstmBlock() | DiagonalLstm():
                layers, count = [m.input_to_state, m.state_to_state], 4
            case torch.nn.LSTM():
                counts |= {p: 4 for p in m.parameters() if p.dim() > 1}
                continue
            case _:
                continue
        counts |= {layer.weight: count for layer in layers}
    return counts


class Muon:
    """Momentum of layers' weights, each matrix made orthogonal (Jordan et al. 2024)."""

    def __init__(self, model, factor, weight_decay):
        tables = {m.weight for m in model.modules() if isinstance(m, torch.nn.Embedding)} | {getattr(model, "pos", None)}
        self.layers = [p for p in model.parameters() if p.dim() > 1 and p not in tables]
        counts = stacked(model)
        self.stacks = [counts.get(p, 1) for p in self.layers]
        masks = {m.weight: m.mask.mean().item() for m in model.modules() if isinstance(m, MaskedConv2d)}
        self.inputs = [p[0].numel() * masks.get(p, 1) for p in self.layers]
        self.momenta = [torch.zeros_like(p) for p in self.layers]
        self.factor = factor
        self.decay = weight_decay

    @torch.no_grad()
    def step(self, adams_rate):
        rate = self.factor * adams_rate
        for p, inputs, stack, momentum in zip(self.layers, self.inputs, self.stacks, self.momenta):
            momentum.lerp_(p.grad, 0.05)
            matrices = torch.lerp(p.grad, momentum, 0.95).flatten(1).chunk(stack)
            length = math.sqrt(max(1, len(p) / stack / inputs))
            step = torch.cat([orthogonal(x) for x in matrices]).view_as(p)
            p.mul_(1 - rate * self.decay).add_(step, alpha=-rate * length)


def orthogonal(x):
    """Five iterations of Newton and Schulz."""
    x = x / (x.norm() + 1e-7)
    wide = x if len(x) <= x.shape[1] else x.T
    for _ in range(5):
        gram = wide @ wide.T
        wide = 3.4445 * wide + (-4.7750 * gram + 2.0315 * gram @ gram) @ wide
    return wide if len(x) <= x.shape[1] else wide.T


def adam(parameters, weight_decay):
    """Matrices decay, biases and gains do not."""
    matrices = [p for p in parameters if p.dim() > 1]
    vectors = [p for p in parameters if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0}]
    return torch.optim.AdamW(groups, fused=True)


class Training:
    """A model under a recipe."""

    def __init__(self, model, recipe, images, key):
        self.model, self.recipe, self.images, self.key = model, recipe, images, key
        self.size = min(recipe["length"]["batch"], len(images))
        self.steps = self.clipped = 0
        decay = recipe["weights"]["decay"]
        factor = recipe["rate"]["muonFactor"]
        self.muon = Muon(model, factor, decay) if recipe["weights"]["optimizer"] == "MUON" else None
        layers = set(self.muon.layers) if self.muon else set()
        self.clippable = [p for p in model.parameters() if p not in layers]  # Muon's steps are of one length
        self.optimizer = adam(self.clippable, decay)
        self.average = Average(model, recipe["weights"]["ema"]) if recipe["weights"]["ema"] else None

    def evaluated(self):
        """The average once it has moved, or the weights themselves."""
        moved = self.average and self.steps >= STRIDE
        return self.average.model if moved else self.model.eval()

    def epoch(self, number):
        """Trains an epoch, from 0, and returns the mean loss of its steps in nats per image."""
        self.model.train()
        pixels = self.recipe["pixels"]
        batches = self.images.batches(self.size, self.key, number, pixels["shear"], pixels.get("classDropout", 0))
        losses = [self.step(x, labels) for x, labels in batches]
        return sum(losses) / len(losses)

    def step(self, x, labels):
        total = self.recipe["length"]["epochs"] * (len(self.images) // self.size)
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.recipe, self.steps, total)
        self.model.zero_grad(set_to_none=True)
        loss = self.model.nll(x, labels).sum() / x.numel()  # of a value, as Hindsight's gradients are
        loss.backward()
        if self.recipe["weights"]["clipNorm"]:
            norm = torch.nn.utils.get_total_norm([p.grad for p in self.model.parameters() if p.grad is not None])
            torch.nn.utils.clip_grads_with_norm_(self.clippable, self.recipe["weights"]["clipNorm"], norm)
            self.clipped += int(norm > self.recipe["weights"]["clipNorm"])
        self.optimizer.step()
        if self.muon:
            self.muon.step(self.optimizer.param_groups[0]["lr"])
        self.steps += 1
        if self.average:
            self.average.follow(self.steps)
        return loss.item() * x.shape[1]


# --- Peer ---


def test_nats(model, images):
    """Of images that chose nothing: mean, standard error, and the mean of each binarization."""
    count = BINARIZATIONS if images.stochastic else 1
    key = Key(0).fold("evaluation")
    each = torch.stack([nats_of_each(model, images.all(key, k), images.classes()) for k in range(count)])
    images_nats = each.mean(0)
    return {
        "test_nats": images_nats.mean().item(),
        "standard_error": images_nats.std().item() / math.sqrt(len(images)),
        "binarizations": each.mean(1).tolist(),
    }


def peer(run, seed=None, own_start=False, folder=None, say=lambda line: None):
    """Trains the peer of a run and returns what it came to.

    `seed` in place of the run's; `own_start` for PyTorch's initial weights; `folder` of images if not the run's.
    """
    config = json.loads((pathlib.Path(run) / "config.json").read_text())
    recipe = config["recipe"]
    model = config["model"]
    if model["name"] == "symmetric" or config["arithmetic"]["shards"] > 1:
        raise ValueError(f"{run}: a run of several orders or shards has no peer; train one without")
    seed = config["seed"] if seed is None else seed
    key = Key(seed)
    torch.manual_seed(seed)
    model = create(config["model"])
    folder = folder or data.folder(config["data"]["name"])
    everything, test = data.read(folder, model.shape, recipe["pixels"]["binarize"] == "STOCHASTIC", model.count > 0)
    if hashlib.sha256(everything.bytes.tobytes()).hexdigest() != config["data"]["sha256"]:
        raise ValueError(f"{folder}: these are not the images that {run} was trained on; give them with --data")
    held = config["data"]["validation"]
    images, chooser = everything.cut("validation", held) if held else (everything, test)
    if not own_start:
        start_from(model, key.fold("weights"), config["model"])
    if recipe["weights"]["startFromMeans"]:
        start_from_data(model, images)
    training = Training(model, recipe, images, key.fold("train"))
    validation = chooser.all(key.fold("test"))
    begun = time.monotonic()
    trained, validated, best = [], [], None
    for epoch in range(recipe["length"]["epochs"]):
        trained.append(training.epoch(epoch))
        validated.append(nats(training.evaluated(), validation, chooser.classes()))
        say(f"epoch {epoch + 1}/{recipe['length']['epochs']}: train {trained[-1]:.3f}, "
            f"validation {validated[-1]:.3f} nats, {time.monotonic() - begun:.0f} s")
        if validated[-1] < min(validated[:-1], default=math.inf):
            best = copy.deepcopy(training.evaluated())
        if recipe["length"]["patience"] and epoch - validated.index(min(validated)) >= recipe["length"]["patience"]:
            break
    return {
        "model": config["model"]["name"],
        "parameters": sum(p.numel() for p in model.parameters()),
        "seed": seed,
        "start": "torch" if own_start else "hindsight",
        "steps": training.steps,
        "clipped_steps": training.clipped,
        "train_nats": trained,
        "validation_nats": validated,
    } | (test_nats(best, test) if held else {})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("--seed", type=int, help="of weights, order and pixels (default: the run's)")
    parser.add_argument("--start", choices=["hindsight", "torch"], default="hindsight",
                        help="whose initial weights (default: %(default)s)")
    parser.add_argument("--data", metavar="FOLDER", type=pathlib.Path,
                        help="of IDX files or CIFAR's batches (default: the run's)")
    options = parser.parse_args()

    def say(line):
        print(line, file=sys.stderr, flush=True)

    try:
        print(json.dumps(peer(options.run, options.seed, options.start == "torch", options.data, say)))
    except (OSError, ValueError, KeyError) as e:
        sys.exit(f"learn: {e}")


if __name__ == "__main__":
    main()
