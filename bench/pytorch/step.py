"""Times training steps of a model in PyTorch: `step.py MODEL BATCH STEPS [WHERE [SHAPE]]`; one line of JSON.

WHERE as in `places.py`, the CPU when it is left out; SHAPE as `bench --shape` has it, binary digits when it is.
"""
import json
import resource
import statistics
import sys
import time

import torch

from models import MNIST, MODELS, shape
from places import Place

WARM_UP = 2


def drawn(batch, of):
    if of.levels == 2:
        return (torch.rand(batch, of.values) < 0.13).float()
    return torch.randint(of.levels, (batch, of.values)).float()


def main(name, batch, steps, where="cpu", of=None):
    place, of = Place(where), shape(of) if of else MNIST
    torch.manual_seed(0)
    model = place.placed(MODELS[name](of))
    optimiser = torch.optim.Adam(model.parameters(), 1e-4, fused=True)
    pixels = drawn(batch, of).to(place.device)
    mean_nll = place.prepared(lambda x: model.distribution.nll(model(x).float(), x).mean())  # in fp32 behind bf16

    def step():
        optimiser.zero_grad(set_to_none=True)
        with place.autocast():
            loss = mean_nll(pixels)
        loss.backward()
        optimiser.step()

    seconds = []
    for _ in range(steps + WARM_UP):
        start = time.perf_counter()
        step()
        place.wait()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "model": name,
        "step_s": statistics.median(seconds[WARM_UP:]),
        "parameters": sum(p.numel() for p in model.parameters()),
        "torch": torch.__version__,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "threads": torch.get_num_threads(),
    }))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
