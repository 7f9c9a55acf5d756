"""Where and how PyTorch computes.

`cpu` as it comes, `cpu-channels-last` with images and kernels in that order, `cpu-compiled` under torch.compile, and
each of them with `-bf16` behind it under bf16 autocast. On a GPU `cuda` as it comes, `cuda-tf32` with TF32 allowed in
matrix products and cuDNN, `cuda-compiled-bf16` under torch.compile and bf16 autocast. Attention is SDPA in all of them.
"""
import contextlib

import torch

ON_CPU = ["cpu", "cpu-channels-last", "cpu-compiled"]
NAMES = [*ON_CPU, *(f"{name}-bf16" for name in ON_CPU), "cuda", "cuda-tf32", "cuda-compiled-bf16"]


class Place:
    def __init__(self, name):
        if name not in NAMES:
            raise SystemExit(f"places: no place is called '{name}'; there are {', '.join(NAMES)}")
        self.name = name
        self.device = name.split("-")[0]
        if self.device == "cuda" and not torch.cuda.is_available():
            raise SystemExit(no_cuda())
        if name == "cuda-tf32":
            torch.backends.cuda.matmul.allow_tf32 = True
            torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = self.device == "cuda"  # its own search, before the times that count

    def placed(self, model):
        """The model with its weights there, in the order that they are to have."""
        order = torch.channels_last if "channels-last" in self.name else torch.preserve_format
        return model.to(self.device, memory_format=order)

    def prepared(self, model):
        return torch.compile(model) if "compiled" in self.name else model

    def autocast(self):
        if self.name.endswith("bf16"):
            return torch.autocast(self.device, torch.bfloat16)
        return contextlib.nullcontext()

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()


def no_cuda():
    built = f"is built for CUDA {torch.version.cuda}" if torch.version.cuda else "is built without CUDA"
    return (f"compare: wanted a GPU for PyTorch, got none: PyTorch {torch.__version__} {built} and sees "
            f"{torch.cuda.device_count()} GPU(s); install a build for CUDA, or leave --device cuda out")
