#!/usr/bin/env python3
"""Hindsight's training steps against PyTorch's on the same cores, in one run: seconds per step.

    bench/pytorch/compare.py [--models made,lstm] [--backend cpu] [--precision bf16] [--rounds N] [--busy N] [--out FILE]
    bench/pytorch/compare.py --shape 32x32x3 [--models made,lstm] [--precision bf16] [--rounds N] [--out FILE]
    bench/pytorch/compare.py --device cuda [--models made,lstm] [--rounds N] [--out FILE]

Of binary images of 28x28, 64 a batch. With --shape HxWxC, of such images of 256 levels, 32 a batch, under a mixture of
ten logistics.

With --device cuda, on one GPU: training steps and drawing 25 images, `cuda` in fp32, tf32 and bf16 against PyTorch as
it comes, with TF32 on, and compiled with bf16 autocast (its SDPA and cuDNN in all three), each beside its like.

With --busy N, beside N other processes that keep a core busy each: what a step takes on a crowded machine.

Needs a built ./hindsight and a python3 with PyTorch (Debian: python3-torch libopenblas0-pthread, and
/usr/bin/python3). Both sides take turns, a process each, on all the cores that this process may use. What the shell
says about OpenBLAS's and OpenMP's threads is unset for both sides, as are OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE, which
slow a current OpenBLAS.

PyTorch runs at several settings, and the best counts: as it comes; "quiet", where waiting threads of its OpenMP pool
sleep instead of spinning against OpenBLAS's; with images channels last; under torch.compile, which needs g++ and the
headers of PyTorch (Debian: libtorch-dev, or its files in CPATH) and is left out where it fails. Its Adam is fused; in
bf16 it computes under autocast. Two are never its best and not tried: channels last without convolutions in two
dimensions, which then changes nothing, and compiled with them (Gated PixelCNN takes 1.07 times as long in fp32, 1.3
times in bf16), nor does torch.compile compile an LSTM.
"""
import argparse
import contextlib
import dataclasses
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
TORCH = HERE.parent.parent / "pytorch" / "hindsight_models.py"
MODELS = re.findall(r'^    {"name": "([\w-]+)"', TORCH.read_text(), re.MULTILINE)  # of REFERENCE, without PyTorch
ON_SEQUENCES = ["made", "transformer", "wavenet", "lstm"]
ON_IMAGES = [model for model in MODELS if model not in ON_SEQUENCES]  # convolutions in two dimensions
STEPS = {"made": 40}  # of PyTorch, each round; the others take seconds a step
CORES = len(os.sched_getaffinity(0))
QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
UNSET = re.compile("(OMP|GOMP|OPENBLAS|MKL)_")
MIB = 2**20


class Failed(Exception):
    """A program ended otherwise than with a line of JSON."""


def run(command, extra):
    """The line of JSON that a program prints, or of several the fastest step."""
    env = {k: v for k, v in os.environ.items() if not UNSET.match(k)} | {"OMP_NUM_THREADS": str(CORES)} | extra
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        said = done.stderr.strip().splitlines() or ["no message"]
        why = [line.strip() for line in said if re.search("[Ee]rror: ", line)] or said
        raise Failed(f"{' '.join(map(str, command))} failed: {why[-1]}")
    found = [json.loads(line) for line in lines]
    for each in found:
        if each.get("threads", CORES) != CORES:
            sys.exit(f"compare: {command[0]} used {each['threads']} threads, not the {CORES} of this process")
    return min(found, key=lambda each: each.get("step_s", 0))  # on cuda, with and without a graph


@dataclasses.dataclass(frozen=True)
class Setting:
    """What PyTorch is set to on the CPU, and for which models that can be its best."""
    title: str
    place: str  # of places.py, in fp32
    environment: dict
    models: list


COMPILED = "cpu-compiled"
SETTINGS = [
    Setting("as it comes", "cpu", {}, MODELS),
    Setting("quiet", "cpu", QUIET, MODELS),
    Setting("channels last", "cpu-channels-last", QUIET, ON_IMAGES),
    Setting("compiled", COMPILED, QUIET, ["made", "transformer", "wavenet"]),
]


def shaped(options):
    return ["--shape", options.shape] if options.shape else []


def hindsight(model, options):
    return run([LAUNCHER, "bench", "--step", model, "--preset", "reference", "--batch", str(options.batch),
                "--backend", options.backend, "--precision", options.precision, *shaped(options), "--json"], {})


def torch(model, setting, options):
    place = setting.place if options.precision == "fp32" else f"{setting.place}-{options.precision}"
    steps = 3 if options.shape else STEPS.get(model, 3)
    return run([sys.executable, HERE / "step.py", model, str(options.batch), str(steps), place, *shaped(options)[1:]],
               setting.environment)


def compare(model, options):
    """A row for a model: medians of rounds, in each of which ours has its turn amid PyTorch's settings."""
    settings = [setting for setting in SETTINGS if model in setting.models]
    ours, theirs = [], {setting.title: [] for setting in settings}
    for _ in range(options.rounds):
        turns = [*settings]
        turns.insert(len(turns) // 2, None)
        for setting in turns:
            if not setting:
                ours.append(hindsight(model, options))
                continue
            try:
                theirs[setting.title].append(torch(model, setting, options))
            except Failed as e:
                if setting.place != COMPILED:
                    raise
                print(f"compare: {model} is not compiled: {e}", file=sys.stderr)
                settings.remove(setting)
                del theirs[setting.title]
    parameters = theirs["quiet"][0]["parameters"]
    if ours[0]["parameters"] != parameters:
        sys.exit(f"compare: {model} has {ours[0]['parameters']} parameters here, {parameters} in PyTorch")

    def median(runs, key):
        return statistics.median(r[key] for r in runs)

    def seconds(setting):
        return f"{median(theirs[setting.title], 'step_s'):.4f}" if setting in settings else "-"

    best = min(theirs.values(), key=lambda runs: median(runs, "step_s"))
    ratios = sorted(min(each["step_s"] for each in turn) / o["step_s"] for o, *turn in zip(ours, *theirs.values()))
    step = median(ours, "step_s")
    gflops, gemm = median(ours, "gflops"), median(ours, "gemm_gflops")
    return (f"| {model} | {step:.4f} | {' | '.join(map(seconds, SETTINGS))} "
            f"| **{median(best, 'step_s') / step:.2f} x** | {ratios[0]:.2f} - {ratios[-1]:.2f} "
            f"| {gflops:.0f} | {gemm:.0f} | {gflops / gemm:.0%} | {median(ours, 'heap_bytes_per_step') / 1024:.0f} "
            f"| {median(ours, 'peak_bytes') / MIB:.0f} | {median(best, 'peak_bytes') / MIB:.0f} |")


# Ours, and what PyTorch is set to beside it.
ON_GPU = {"fp32": "cuda", "tf32": "cuda-tf32", "bf16": "cuda-compiled-bf16"}
DRAWN = {"made": 200}  # pixels by PyTorch; a pass of the others takes longer
IMAGES = 25


def on_gpu(model, batch, precision, rounds):
    """A row for a model in a precision: training step and drawing, medians of rounds in turn."""
    place, steps = ON_GPU[precision], 50
    ours, theirs, drawing, drawn = [], [], [], []
    for _ in range(rounds):
        cuda = ["--backend", "cuda", "--precision", precision, "--preset", "reference", "--json"]
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


def described(options):
    return f"{f'{options.shape} of 256 levels' if options.shape else '28x28'}, batch {options.batch}"


def compare_on_gpu(options, library, say):
    from places import no_cuda
    if not library.cuda.is_available():
        sys.exit(no_cuda())
    say(f"{datetime.date.today()}, {library.cuda.get_device_name()}, PyTorch {library.__version__} for CUDA "
        f"{library.version.cuda}, cuDNN {library.backends.cudnn.version()}, reference preset, batch {options.batch}, medians of "
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


def has_reference_blas():
    """Whether PyTorch multiplies with Netlib's BLAS, which Debian has where no other is installed."""
    maps = pathlib.Path("/proc/self/maps")
    return maps.exists() and "/blas/libblas.so" in maps.read_text()


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
    parser.add_argument("--precision", choices=["fp32", "bf16"],
                        help="of both, on the CPU: bf16 against PyTorch's autocast (default: fp32)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="where both compute (default: cpu)")
    parser.add_argument("--rounds", type=at_least_one, default=3)
    parser.add_argument("--shape", metavar="HxWxC", help="of images of 256 levels (default: binary ones of 28x28)")
    parser.add_argument("--batch", type=at_least_one, help="(default: 64, of --shape 32)")
    parser.add_argument("--busy", type=at_least_one, default=None, help="other processes that keep a core busy each")
    parser.add_argument("--out", type=argparse.FileType("w"), help="write the table here too")
    options = parser.parse_args()
    if options.device == "cuda" and options.precision:
        parser.error("--device cuda compares every precision; leave --precision out")
    if options.device == "cuda" and options.shape:
        parser.error("--device cuda also draws, digits of 28x28; leave --shape out")
    options.precision = options.precision or "fp32"
    options.batch = options.batch or (32 if options.shape else 64)
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
    if has_reference_blas():
        sys.exit("compare: PyTorch has no OpenBLAS here and would multiply much slower than it can; on Debian "
                 "install libopenblas0-pthread")
    say(f"{datetime.date.today()}, {processor()}, {CORES} threads, PyTorch {library.__version__}, {options.precision}, "
        f"reference preset, {described(options)}, medians of {options.rounds} rounds in turn"
        + (f", beside {options.busy} busy process{'es' if options.busy > 1 else ''}" if options.busy else ""))
    say("")
    titles = " | ".join(f"PyTorch {setting.title}" for setting in SETTINGS)
    say(f"| model | {options.backend}, s a step | {titles} | {options.backend} against the best | round by round "
        "| GFLOP/s | a 2048^3 product, GFLOP/s | share | heap, KiB a step | peak, MiB | PyTorch's peak, MiB |")
    say("|---" * (len(SETTINGS) + 10) + "|")
    with busy(options.busy or 0):
        for model in options.models:
            say(compare(model, options))


try:
    main()
except Failed as failed:
    sys.exit(f"compare: {failed}")
