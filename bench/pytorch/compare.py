#!/usr/bin/env python3
"""Hindsight's CPU backend against PyTorch on the same cores, in one run: seconds per training step.

    bench/pytorch/compare.py [--rounds N] [--models made,lstm] [--out FILE]

Needs a python3 with PyTorch (Debian: python3-torch libopenblas0-pthread) and a built ./hindsight. Both sides take turns, a
process each, with as many threads as there are cores. PyTorch runs at both settings of its OpenMP pool, as it
comes and "quiet" (waiting threads sleep instead of spinning against OpenBLAS's), and the better counts; its
Adam is fused. OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE, which slow a current OpenBLAS, are unset for both sides.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LAUNCHER = HERE.parent.parent / "hindsight"
MODELS = ["made", "transformer", "wavenet", "pixelcnn", "lstm", "gated-pixelcnn"]
STEPS = {"made": 40}  # of PyTorch, each round; the others take seconds a step
QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}


def run(command, extra):
    env = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    done = subprocess.run(command, env=env | extra, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        sys.exit(f"compare: {' '.join(map(str, command))} failed: {last}")
    return json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])


def hindsight(model, batch):
    return run([LAUNCHER, "bench", "--step", model, "--preset", "seed", "--batch", str(batch),
                "--backend", "cpu", "--json"], {})


def torch(model, batch, extra):
    return run([sys.executable, HERE / "step.py", model, str(batch), str(STEPS.get(model, 3))], extra)


def compare(model, batch, rounds):
    ours, quiet, spinning = [], [], []
    for _ in range(rounds):
        quiet.append(torch(model, batch, QUIET))
        ours.append(hindsight(model, batch))
        spinning.append(torch(model, batch, {}))
    if ours[0]["parameters"] != quiet[0]["parameters"]:
        sys.exit(f"compare: {model} has {ours[0]['parameters']} parameters here, {quiet[0]['parameters']} in PyTorch")

    def median(runs, key):
        return statistics.median(r[key] for r in runs)

    better = min(median(quiet, "step_s"), median(spinning, "step_s"))
    step = median(ours, "step_s")
    gflops, gemm = median(ours, "gflops"), median(ours, "gemm_gflops")
    return (f"| {model} | {step:.4f} | {median(quiet, 'step_s'):.4f} | {median(spinning, 'step_s'):.4f} "
            f"| {better / step:.2f} x | {gflops:.0f} | {gemm:.0f} | {gflops / gemm:.0%} "
            f"| {median(ours, 'heap_bytes_per_step') / 1024:.0f} | {median(ours, 'reserved_bytes') / 2**20:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--out", help="write the table here too")
    options = parser.parse_args()
    lines = [
        f"{datetime.date.today()}, {platform.processor() or platform.machine()}, {os.cpu_count()} cores, seed preset, "
        f"batch {options.batch}, medians of {options.rounds} rounds in turn",
        "",
        "| model | cpu, s a step | PyTorch quiet | PyTorch as it comes | cpu against the better | cpu, GFLOP/s "
        "| a 2048^3 product, GFLOP/s | share | heap, KiB a step | reserved, MiB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    for model in options.models.split(","):
        if model not in MODELS:
            sys.exit(f"compare: no model is called '{model}'; there are {', '.join(MODELS)}")
        lines.append(compare(model, options.batch, options.rounds))
        print(lines[-1], flush=True)
    if options.out:
        pathlib.Path(options.out).write_text("\n".join(lines) + "\n")


main()
