#!/usr/bin/env python3
"""Hindsight's training steps against PyTorch's on the same cores, in one run: seconds per step.

    bench/pytorch/compare.py [--models made,lstm] [--backend cpu] [--rounds N] [--busy N] [--out FILE]
    bench/pytorch/compare.py --device cuda [--models made,lstm] [--rounds N] [--out FILE]

With --device cuda, on one GPU: training steps and drawing 25 images, `cuda` in fp32, tf32 and bf16 against PyTorch as
it comes, with TF32 on, and compiled with bf16 autocast (its SDPA and cuDNN in all three), each beside its like.

With --busy N, beside N other processes that keep a core busy each: what a step takes on a crowded machine.

Needs a built ./hindsight and a python3 with PyTorch (Debian: python3-torch libopenblas0-pthread, and
/usr/bin/python3). Both sides take turns, a process each, on all the cores that this process may use. PyTorch runs
at both settings of its OpenMP pool, as it comes and "quiet" (waiting threads sleep instead of spinning against
OpenBLAS's), and the better counts; its Adam is fused. What the shell says about OpenBLAS's and OpenMP's threads
is unset for both sides, as are OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE, which slow a current OpenBLAS.
"""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LAUNCHER = HERE.parent.parent / "hindsight"
MODELS = ["made", "transformer", "wavenet", "pixelcnn", "lstm", "gated-pixelcnn"]
STEPS = {"made": 40}  # of PyTorch, each round; the others take seconds a step
CORES = len(os.sched_getaffinity(0))
QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
UNSET = re.compile("(OMP|GOMP|OPENBLAS|MKL)_")
MIB = 2**20


def run(command, extra):
    """The line of JSON that a program prints, or of several the fastest step."""
    env = {k: v for k, v in os.environ.items() if not UNSET.match(k)} | {"OMP_NUM_THREADS": str(CORES)} | extra
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        sys.exit(f"compare: {' '.join(map(str, command))} failed: {last}")
    found = [json.loads(line) for line in lines]
    for each in found:
        if each.get("threads", CORES) != CORES:
            sys.exit(f"compare: {command[0]} used {each['threads']} threads, not the {CORES} of this process")
    return min(found, key=lambda each: each.get("step_s", 0))  # on cuda, with and without a graph


def hindsight(model, batch, backend):
    return run([LAUNCHER, "bench", "--step", model, "--preset", "seed", "--batch", str(batch),
                "--backend", backend, "--json"], {})


def torch(model, batch, extra):
    return run([sys.executable, HERE / "step.py", model, str(batch), str(STEPS.get(model, 3))], extra)


def compare(model, batch, backend, rounds):
    ours, quiet, spinning = [], [], []
    for _ in range(rounds):
        quiet.append(torch(model, batch, QUIET))
        ours.append(hindsight(model, batch, backend))
        spinning.append(torch(model, batch, {}))
    if ours[0]["parameters"] != quiet[0]["parameters"]:
        sys.exit(f"compare: {model} has {ours[0]['parameters']} parameters here, {quiet[0]['parameters']} in PyTorch")

    def median(runs, key):
        return statistics.median(r[key] for r in runs)

    better = min(quiet, spinning, key=lambda runs: median(runs, "step_s"))
    ratios = sorted(min(q["step_s"], s["step_s"]) / o["step_s"] for o, q, s in zip(ours, quiet, spinning))
    step = median(ours, "step_s")
    gflops, gemm = median(ours, "gflops"), median(ours, "gemm_gflops")
    return (f"| {model} | {step:.4f} | {median(quiet, 'step_s'):.4f} | {median(spinning, 'step_s'):.4f} "
            f"| **{median(better, 'step_s') / step:.2f} x** | {ratios[0]:.2f} - {ratios[-1]:.2f} "
            f"| {gflops:.0f} | {gemm:.0f} | {gflops / gemm:.0%} | {median(ours, 'heap_bytes_per_step') / 1024:.0f} "
            f"| {median(ours, 'peak_bytes') / MIB:.0f} | {median(better, 'peak_bytes') / MIB:.0f} |")


# Ours, and what PyTorch is set to beside it.
ON_GPU = {"fp32": "cuda", "tf32": "cuda-tf32", "bf16": "cuda-compiled-bf16"}
DRAWN = {"made": 200}  # pixels by PyTorch; a pass of the others takes longer
IMAGES = 25


def on_gpu(model, batch, precision, rounds):
    """A row for a model in a precision: training step and drawing, medians of rounds in turn."""
    place, steps = ON_GPU[precision], 50
    ours, theirs, drawing, drawn = [], [], [], []
    for _ in range(rounds):
        cuda = ["--backend", "cuda", "--precision", precision, "--preset", "seed", "--json"]
        theirs.append(run([sys.executable, HERE / "step.py", model, str(batch), str(steps), place], {}))
        ours.append(run([LAUNCHER, "bench", "--step", model, "--batch", str(batch), *cuda], {}))
        drawn.append(run([sys.executable, HERE / "sample.py", model, str(IMAGES), str(DRAWN.get(model, 20)), place], {}))
        drawing.append(run([LAUNCHER, "bench", "--sample", model, "--batch", str(IMAGES), *cuda], {}))

    def median(runs, key):
        return statistics.median(r[key] for r in runs)

    step, torch_step = median(ours, "step_s"), median(theirs, "step_s")
    draw, torch_draw = median(drawing, "seconds"), median(drawn, "seconds")
    return (f"| {model} | {precision} | {place} | {step * 1e3:.3f} | {torch_step * 1e3:.3f} | **{torch_step / step:.2f} x** "
            f"| {draw:.4f} | {torch_draw:.3f} | **{torch_draw / draw:.0f} x** |")


def compare_on_gpu(options, library, say):
    from places import no_cuda
    if not library.cuda.is_available():
        sys.exit(no_cuda())
    say(f"{datetime.date.today()}, {library.cuda.get_device_name()}, PyTorch {library.__version__} for CUDA "
        f"{library.version.cuda}, cuDNN {library.backends.cudnn.version()}, seed preset, batch {options.batch}, medians of "
        f"{options.rounds} rounds in turn; PyTorch draws by a full pass for every pixel")
    say("")
    say("| model | cuda in | PyTorch | cuda, ms a step | PyTorch, ms a step | | cuda, s for 25 images | PyTorch, s | |")
    say("|---|---|---|---|---|---|---|---|---|")
    for model in options.models:
        for precision in ON_GPU:
            say(on_gpu(model, options.batch, precision, options.rounds))


@contextlib.contextmanager
def busy(count):
    """Keeps so many cores busy."""
    others = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def processor():
    try:
        return re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]
    except (OSError, TypeError):
        return os.uname().machine


def at_least_one(text):
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"wanted at least 1, got {text}")
    return int(text)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=",".join(MODELS), help="some of: %(default)s")
    parser.add_argument("--backend", default="cpu", choices=["cpu", "nd4j"], help="of Hindsight (default: cpu)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="where both compute (default: cpu)")
    parser.add_argument("--rounds", type=at_least_one, default=3)
    parser.add_argument("--batch", type=at_least_one, default=64)
    parser.add_argument("--busy", type=at_least_one, default=None, help="other processes that keep a core busy each")
    parser.add_argument("--out", type=argparse.FileType("w"), help="write the table here too")
    options = parser.parse_args()
    options.models = options.models.split(",")
    for model in options.models:
        if model not in MODELS:
            parser.error(f"no model is called '{model}'; there are {', '.join(MODELS)}")
    return options


def main():
    options = parse()
    try:
        import torch as library
    except ModuleNotFoundError:
        sys.exit(f"compare: {sys.executable} has no PyTorch; on Debian install python3-torch and libopenblas0-pthread "
                 "and run this with /usr/bin/python3")

    def say(line):
        print(line, flush=True)
        if options.out:
            print(line, file=options.out, flush=True)

    if options.device == "cuda":
        compare_on_gpu(options, library, say)
        return
    say(f"{datetime.date.today()}, {processor()}, {CORES} threads, PyTorch {library.__version__}, seed preset, "
        f"batch {options.batch}, medians of {options.rounds} rounds in turn"
        + (f", beside {options.busy} busy process{'es' if options.busy > 1 else ''}" if options.busy else ""))
    say("")
    say(f"| model | {options.backend}, s a step | PyTorch quiet | PyTorch as it comes | {options.backend} against the "
        "better | round by round | GFLOP/s | a 2048^3 product, GFLOP/s | share | heap, KiB a step | peak, MiB "
        "| PyTorch's peak, MiB |")
    say("|---|---|---|---|---|---|---|---|---|---|---|---|")
    with busy(options.busy or 0):
        for model in options.models:
            say(compare(model, options.batch, options.backend, options.rounds))


main()
