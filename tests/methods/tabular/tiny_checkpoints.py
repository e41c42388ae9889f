"""Checkpoints of TabPFN's and TabICL's own architectures, tiny and with random weights, in the packages' own formats."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

TABPFN: dict[str, dict[str, Any]] = {
    "tabpfn_v2_5": {"emsize": 24, "nlayers": 2, "nhead": 2, "num_thinking_rows": 4},
    "tabpfn_v3_5": {
        "embed_dim": 16,
        "dist_embed_num_blocks": 1,
        "dist_embed_num_heads": 2,
        "dist_embed_num_inducing_points": 8,
        "feat_agg_num_blocks": 1,
        "feat_agg_num_heads": 2,
        "feat_agg_num_cls_tokens": 2,
        "nlayers": 2,
        "icl_num_heads": 2,
        "decoder_head_dim": 8,
        "decoder_num_heads": 2,
    },
}
TABICL = {
    "max_classes": 10,
    "embed_dim": 16,
    "col_num_blocks": 1,
    "col_nhead": 2,
    "col_num_inds": 8,
    "row_num_blocks": 1,
    "row_nhead": 2,
    "row_num_cls": 2,
    "icl_num_blocks": 1,
    "icl_nhead": 2,
}


def tabpfn(path: Path, architecture: str = "tabpfn_v2_5", **limits: int) -> Path:
    """`limits`: entries of the checkpoint's inference configuration, such as MAX_NUMBER_OF_SAMPLES."""
    from tabpfn.architectures import ARCHITECTURES
    from tabpfn.checkpoint import save_as_safetensors
    from tabpfn.constants import ModelVersion
    from tabpfn.inference_config import InferenceConfig

    made = ARCHITECTURES[architecture]
    config, unused = made.parse_config(TABPFN[architecture] | {"max_num_classes": 10, "num_buckets": 20})
    assert not unused
    checkpoint = {
        "state_dict": _random(made.get_architecture(config)),
        "config": asdict(config),
        "architecture_name": architecture,
        "inference_config": asdict(InferenceConfig.get_default("multiclass", ModelVersion.V2_5)) | limits,
    }
    if path.suffix == ".safetensors":
        save_as_safetensors(checkpoint, path)
    else:
        torch.save(checkpoint, path)
    return path


def tabicl(path: Path) -> Path:
    from tabicl._model.tabicl import TabICL

    torch.save({"config": TABICL, "state_dict": _random(TabICL(**TABICL))}, path)
    return path


def _random(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    return network.state_dict()
