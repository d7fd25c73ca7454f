"""The four self-supervised methods: lightly's losses, heads and token handling around one network.

Each method is a module with `network` (what is kept in the end) and
`loss(images, gen, size, decay, step)`: images in [0, 1], views of `size` px, `decay` of the closing phase done.
Networks and heads run in bfloat16, losses in float32.
"""
import copy
import math

import torch
from lightly.loss import NTXentLoss, VICRegLoss
from lightly.loss.swav_loss import sinkhorn
from lightly.models.modules import MaskedVisionTransformerDecoderTIMM, MaskedVisionTransformerTIMM
from lightly.models.modules.heads import DINOProjectionHead, SimCLRProjectionHead, VICRegProjectionHead
from lightly.models.utils import (deactivate_requires_grad, get_at_index, normalize_mean_var, patchify,
                                  set_at_index, update_momentum)
from torch import nn

from .augment import view
from .data import normalise


def _views(images, gen, size, n=2, scale=(0.2, 1.0)):
    "n views of a batch, joined along the batch, ready for the network."
    x = torch.cat([view(images, gen, size, scale) for _ in range(n)])
    return normalise(x).contiguous(memory_format=torch.channels_last)


def _half():
    return torch.autocast("cpu", torch.bfloat16)


class SimCLR(nn.Module):
    "Two views of an image attract each other, the rest of the batch repels (arXiv 2002.05709)."
    def __init__(self, network, hidden=512, out=128, temperature=0.2):
        super().__init__()
        self.network = network
        self.head = SimCLRProjectionHead(network.num_features, hidden, out)
        self.criterion = NTXentLoss(temperature)

    def loss(self, images, gen, size, decay, step):
        with _half():
            z = self.head(self.network(_views(images, gen, size)))
        return self.criterion(*z.float().chunk(2))


class VICReg(nn.Module):
    "Views agree while every embedded dimension varies and none repeats another (arXiv 2105.04906)."
    def __init__(self, network, hidden=1024, out=1024):
        super().__init__()
        self.network = network
        self.head = VICRegProjectionHead(network.num_features, hidden, out, num_layers=2)
        self.criterion = VICRegLoss()

    def loss(self, images, gen, size, decay, step):
        with _half():
            z = self.head(self.network(_views(images, gen, size)))
        return self.criterion(*z.float().chunk(2))


class DINO(nn.Module):
    "A student predicts its moving-average teacher from another crop (arXiv 2104.14294); no small crops."
    def __init__(self, network, hidden=512, bottleneck=128, out=1024, momentum=0.99):
        super().__init__()
        self.network, self.student = copy.deepcopy(network), network  # `network` is the teacher
        head = dict(input_dim=network.num_features, hidden_dim=hidden, bottleneck_dim=bottleneck, output_dim=out)
        self.student_head, self.head = (DINOProjectionHead(**head, batch_norm=True) for _ in range(2))
        self.head.load_state_dict(self.student_head.state_dict())
        deactivate_requires_grad(self.network)
        deactivate_requires_grad(self.head)
        self.momentum = momentum

    def loss(self, images, gen, size, decay, step):
        momentum = 1 - (1 - self.momentum) * (1 + math.cos(math.pi * decay)) / 2
        update_momentum(self.student, self.network, momentum)
        update_momentum(self.student_head, self.head, momentum)
        views = _views(images, gen, size)
        with _half():
            with torch.no_grad():
                teacher = self.head(self.network(views)).float().chunk(2)
            student = self.student_head(self.student(views)).float().chunk(2)
        target = [sinkhorn(t) for t in teacher]  # centring as in DINOv2: a batch uses all outputs alike
        pairs = zip(target, student[::-1], strict=True)
        return sum(-(t * (s / 0.1).log_softmax(1)).sum(1).mean() for t, s in pairs) / 2


class CAN(nn.Module):
    "From a part of the patches: draw the others, and find the other view of the same image (arXiv 2210.16870)."
    def __init__(self, network, mask_ratio=0.5, dim=64, depth=1, heads=2, hidden=512, out=128, temperature=0.2):
        super().__init__()
        self.network = network
        self.encoder = MaskedVisionTransformerTIMM(vit=network)
        self.patches = network.patch_embed.num_patches
        self.patch, self.keep = 32 // math.isqrt(self.patches), round(self.patches * (1 - mask_ratio))
        self.head = SimCLRProjectionHead(network.num_features, hidden, out)
        self.contrast = NTXentLoss(temperature)
        self.embed = nn.Linear(network.embed_dim, dim)
        self.decoder = MaskedVisionTransformerDecoderTIMM(self.patches, dim, depth, heads)
        self.predict = nn.Linear(dim, 3 * self.patch**2)

    def loss(self, images, gen, size, decay, step):
        x = _views(images, gen, 32)
        order = torch.rand(len(x), self.patches, generator=gen).argsort(1) + 1  # 0 is the class token
        keep, hide = order[:, : self.keep], order[:, self.keep :]
        keep = torch.cat([torch.zeros_like(keep[:, :1]), keep], 1)
        with _half():
            seen = self.encoder.encode(x, idx_keep=keep)
            z = self.head(seen[:, 0])
            tokens = self.decoder.mask_token.expand(len(x), self.patches + 1, -1)
            known = self.embed(seen)
            drawn = self.predict(get_at_index(self.decoder(set_at_index(tokens.to(known.dtype), keep, known)), hide))
        # each patch by its own mean and deviation: form rather than colour
        target = normalize_mean_var(get_at_index(patchify(x, self.patch), hide - 1))
        return self.contrast(*z.float().chunk(2)) + (drawn.float() - target).square().mean()


METHODS = {"simclr": SimCLR, "vicreg": VICReg, "dino": DINO, "can": CAN}
