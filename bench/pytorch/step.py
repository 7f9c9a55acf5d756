"""Times training steps of a model in PyTorch: `step.py MODEL BATCH STEPS [WHERE]`; one line of JSON.

WHERE as in `places.py`; the CPU when it is left out.
"""
import json
import resource
import statistics
import sys
import time

import torch
import torch.nn.functional as F

from models import MODELS, PIXELS
from places import Place

WARM_UP = 2


def main(name, batch, steps, where="cpu"):
    place = Place(where)
    torch.manual_seed(0)
    model = place.placed(MODELS[name]())
    optimiser = torch.optim.Adam(model.parameters(), 1e-4, fused=True)
    pixels = (torch.rand(batch, PIXELS) < 0.13).float().to(place.device)
    logits = place.prepared(model)

    def step():
        optimiser.zero_grad(set_to_none=True)
        with place.autocast():
            loss = F.binary_cross_entropy_with_logits(logits(pixels), pixels)
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
