#!/usr/bin/env python3
"""Where a training step's time goes on `cpu`, and how near its products are to the machine's limit.

    bench/roofline.py [--models made,lstm] [--precision bf16]

A row for each model: the median of a step, the rate of a product of 2048 x 2048 x 2048 right before (the limit), that
of the whole step and that of its products alone, and what shares of the step are products (linear, convolution,
attention, LSTM, with what is fused into them), loops over vectors, and time outside of any op. Then its dearest
calls. A convolution counts all its live taps; by minimal filtering, in fp32, it multiplies less and may be above the
limit.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess

LAUNCHER = pathlib.Path(__file__).resolve().parent.parent / "hindsight"
MODELS = "made,wavenet,pixelcnn,gated-pixelcnn,transformer,pixel-snail,lstm,pixel-rnn"
PRODUCTS = re.compile("linear|conv|attention|lstm(?!Cell)|block", re.IGNORECASE)
DEAREST = 4


def step(model, precision):
    """What `bench` measures of a step, and where its time goes."""
    command = [LAUNCHER, "bench", "--backend", "cpu", "--precision", precision, "--step", model, "--profile", "--json"]
    slow = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    environment = {name: value for name, value in os.environ.items() if name not in slow}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def shares(ops):
    """Of products, of loops, and of neither."""
    between = sum(row["share"] for row in ops if row["call"] == "between ops")
    products = sum(row["share"] for row in ops if PRODUCTS.search(row["call"].split()[0]))
    return products, sum(row["share"] for row in ops) - products - between, between


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=MODELS, help="separated by commas (default: all)")
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16"], help="(default: %(default)s)")
    options = parser.parse_args()
    print("model\tprecision\tstep_s\tlimit_gflops\tstep_gflops\tproducts_gflops\tproducts\tloops\tbetween\tdearest")
    for model in options.models.split(","):
        row = step(model, options.precision)
        products, loops, between = shares(row["ops"])
        dearest = ", ".join(f"{call['call']} {call['share']:.0%}" for call in row["ops"][:DEAREST])
        rates = [row["gemm_gflops"], row["gflops"], row["gflops"] / products]
        numbers = [f"{rate:.0f}" for rate in rates] + [f"{share:.3f}" for share in (products, loops, between)]
        print(model, options.precision, f"{row['step_s']:.4f}", *numbers, dearest, sep="\t", flush=True)


if __name__ == "__main__":
    main()
