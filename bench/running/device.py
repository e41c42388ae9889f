"""Device: where neural methods compute; made ready in the worker, described in the record."""

from __future__ import annotations

import os
from typing import Any

from datasets import Refused


def refuse_absent(device: str) -> None:
    """Refuses a device that PyTorch does not find on this machine."""
    if device == "cpu":
        return
    import torch

    if not torch.cuda.is_available():
        raise Refused(
            f"--device {device}: PyTorch {torch.__version__} finds no GPU on this machine; allowed here is cpu. A GPU needs its "
            "driver (does `nvidia-smi` show it?) and a CUDA build of PyTorch (pytorch.org says which)."
        )


def ready(device: str) -> None:
    """Makes a GPU give the same answer each time. To be called before PyTorch's first work on it."""
    if device == "cpu":
        return
    # Without it cuBLAS may add up in another order from call to call.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    torch.use_deterministic_algorithms(True)


def described(device: str, arithmetic: str) -> dict[str, Any]:
    """What a record keeps of the device: its kind, the arithmetic that neural methods were told to train in and, of a GPU, its name
    and the most memory that tensors took there."""
    told = {"device": device, "arithmetic": arithmetic}
    if device == "cpu":
        return told
    import torch

    peak = round(torch.cuda.max_memory_allocated(device) / 1024**2, 1)
    return {**told, "gpu": torch.cuda.get_device_name(device), "peak_gpu_memory_mb": peak}
