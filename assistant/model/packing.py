"""Weights packed for CPUs: half the bytes to read for every token, which is what decoding waits for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn


def can_pack() -> bool:
    """Whether this processor and build of PyTorch have FBGEMM, which packs weights."""
    return "fbgemm" in torch.backends.quantized.supported_engines


class PackedLinear(nn.Module):
    """A linear layer with 16-bit weights in FBGEMM's order; activations and sums stay in 32 bits.

    Input (..., in_features) and output (..., out_features) are float32. A weight changes by at most
    one part in two thousand, unlike with 8 bits, whose activations this family of models does not
    survive.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.packed = torch.ops.quantized.linear_prepack_fp16(
            linear.weight.detach().float(), None if linear.bias is None else linear.bias.detach()
        )

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The layer's output."""
        outputs: torch.Tensor = torch.ops.quantized.linear_dynamic_fp16(inputs, self.packed)
        return outputs


def pack(network: nn.Module) -> None:
    """Replace every linear layer of a network on the CPU by a packed one, in place.

    A layer whose weights 16 bits cannot hold stays as it is.
    """
    layers = [
        (module, name, child)
        for module in network.modules()
        for name, child in module.named_children()
        if type(child) is nn.Linear
    ]
    # FBGEMM packs one layer on one core only.
    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        packed = threads.map(_packed, (child for _, _, child in layers))
        for (module, name, _), layer in zip(layers, packed, strict=True):
            setattr(module, name, layer)


def _packed(layer: nn.Linear) -> nn.Module:
    greatest = float(layer.weight.detach().abs().max())
    return PackedLinear(layer) if greatest < torch.finfo(torch.float16).max else layer
