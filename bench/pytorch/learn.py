#!/usr/bin/env python3
"""What PyTorch learns with the same model, images, batch and rate: test nats per image after each epoch.

    bench/pytorch/learn.py MODEL [--size N] [--epochs N] [--batch N] [--rate R]

Trains on the digits that Hindsight embeds, so a line of this is to be held against
`./hindsight train MODEL --preset seed --batch N --lr R` with the size's own option. One line of JSON.
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F

from models import MODELS, images, nats


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--size", type=int, help="channels, filters, width or hidden units (default: the seed's)")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3)
    options = parser.parse_args()
    torch.manual_seed(0)
    model = MODELS[options.model](*([options.size] if options.size else []))
    optimiser = torch.optim.Adam(model.parameters(), options.rate, fused=True)
    train, test = images("train"), images("t10k")
    start, curve = time.perf_counter(), []
    for _ in range(options.epochs):
        for chosen in torch.randperm(len(train)).split(options.batch):
            optimiser.zero_grad(set_to_none=True)
            x = train[chosen]
            (F.binary_cross_entropy_with_logits(model(x), x, reduction="sum") / len(x)).backward()
            optimiser.step()
        curve.append(round(nats(model, test), 2))
    print(json.dumps({
        "model": options.model,
        "parameters": sum(p.numel() for p in model.parameters()),
        "epochs": options.epochs,
        "batch": options.batch,
        "rate": options.rate,
        "test_nats": curve,
        "seconds": round(time.perf_counter() - start),
    }))


main()
