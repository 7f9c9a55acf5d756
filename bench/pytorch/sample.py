"""Times drawing by a full pass for every pixel in PyTorch: `sample.py MODEL COUNT PIXELS [WHERE]`; one line of JSON.

Draws that many of the 784 pixels of COUNT images, each of which costs the same, and scales up.
"""
import json
import sys
import time

import torch

from models import MODELS, PIXELS
from places import Place


@torch.no_grad()
def main(name, count, drawn, where="cpu"):
    place = Place(where)
    torch.manual_seed(0)
    model = place.placed(MODELS[name]()).eval()
    logits = place.prepared(model)
    images = torch.zeros(count, PIXELS, device=place.device)

    def draw(pixel):
        with place.autocast():
            images[:, pixel] = torch.bernoulli(torch.sigmoid(logits(images)[:, pixel].float()))

    draw(0)  # compiles and searches
    draw(1)
    place.wait()
    start = time.perf_counter()
    for pixel in range(2, 2 + drawn):
        draw(pixel)
    place.wait()
    print(json.dumps({"model": name, "images": count,
                      "seconds": (time.perf_counter() - start) * PIXELS / drawn}))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
