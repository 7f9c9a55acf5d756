"""Where and how PyTorch computes: `cpu`, or on a GPU `cuda` as it comes, `cuda-tf32` with TF32 allowed in matrix
products and cuDNN, `cuda-compiled-bf16` under torch.compile and bf16 autocast. Attention is its SDPA in all of them."""
import contextlib

import torch

NAMES = ["cpu", "cuda", "cuda-tf32", "cuda-compiled-bf16"]


class Place:
    def __init__(self, name):
        if name not in NAMES:
            raise SystemExit(f"places: no place is called '{name}'; there are {', '.join(NAMES)}")
        if name != "cpu" and not torch.cuda.is_available():
            raise SystemExit(no_cuda())
        self.name = name
        self.device = "cpu" if name == "cpu" else "cuda"
        if name == "cuda-tf32":
            torch.backends.cuda.matmul.allow_tf32 = True
            torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = self.device == "cuda"  # its own search, before the times that count

    def prepared(self, model):
        return torch.compile(model) if self.name == "cuda-compiled-bf16" else model

    def autocast(self):
        if self.name == "cuda-compiled-bf16":
            return torch.autocast("cuda", torch.bfloat16)
        return contextlib.nullcontext()

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()


def no_cuda():
    built = f"is built for CUDA {torch.version.cuda}" if torch.version.cuda else "is built without CUDA"
    return (f"compare: wanted a GPU for PyTorch, got none: PyTorch {torch.__version__} {built} and sees "
            f"{torch.cuda.device_count()} GPU(s); install a build for CUDA, or leave --device cuda out")
