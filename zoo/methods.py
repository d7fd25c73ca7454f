"""The four self-supervised methods: lightly's losses, heads and tokens' bookkeeping around one network.

Each method is a module with `network` (what is kept in the end) and
`loss(images, gen, size, progress)`: images in [0, 1], views of `size` px, progress in [0, 1].
"""
import copy
import math

import torch
from lightly.loss import DINOLoss, NTXentLoss, VICRegLoss
from lightly.models.modules import MaskedVisionTransformerDecoderTIMM, MaskedVisionTransformerTIMM
from lightly.models.modules.heads import DINOProjectionHead, SimCLRProjectionHead, VICRegProjectionHead
from lightly.models.utils import (deactivate_requires_grad, get_at_index, normalize_mean_var, patchify,
                                  set_at_index, update_momentum)
from torch import nn

from .augment import crop_flip, view
from .data import normalise


def _views(images, gen, size, n=2, scale=(0.2, 1.0)):
    "n views of a batch, joined along the batch, ready for the network."
    x = torch.cat([view(images, gen, size, scale) for _ in range(n)])
    return normalise(x).contiguous(memory_format=torch.channels_last)


class SimCLR(nn.Module):
    "Two views of an image attract each other, the rest of the batch repels (arXiv 2002.05709)."
    def __init__(self, network, hidden=512, out=128, temperature=0.2):
        super().__init__()
        self.network = network
        self.head = SimCLRProjectionHead(network.num_features, hidden, out)
        self.criterion = NTXentLoss(temperature)

    def loss(self, images, gen, size, progress):
        return self.criterion(*self.head(self.network(_views(images, gen, size))).chunk(2))


class VICReg(nn.Module):
    "Views agree while every embedded dimension varies and none repeats another (arXiv 2105.04906)."
    def __init__(self, network, hidden=1024, out=1024):
        super().__init__()
        self.network = network
        self.head = VICRegProjectionHead(network.num_features, hidden, out, num_layers=2)
        self.criterion = VICRegLoss()

    def loss(self, images, gen, size, progress):
        return self.criterion(*self.head(self.network(_views(images, gen, size))).chunk(2))


class DINO(nn.Module):
    "A student predicts its moving-average teacher from other and smaller crops (arXiv 2104.14294)."
    def __init__(self, network, hidden=512, bottleneck=128, out=2048, momentum=0.99, local_views=2):
        super().__init__()
        self.network, self.student = copy.deepcopy(network), network  # `network` is the teacher
        head = dict(input_dim=network.num_features, hidden_dim=hidden, bottleneck_dim=bottleneck, output_dim=out)
        self.student_head, self.head = (DINOProjectionHead(**head, batch_norm=True) for _ in range(2))
        self.head.load_state_dict(self.student_head.state_dict())
        deactivate_requires_grad(self.network)
        deactivate_requires_grad(self.head)
        self.criterion = DINOLoss(out, teacher_temp=0.04)
        self.momentum, self.local_views = momentum, local_views

    def loss(self, images, gen, size, progress):
        momentum = 1 - (1 - self.momentum) * (1 + math.cos(math.pi * progress)) / 2
        update_momentum(self.student, self.network, momentum)
        update_momentum(self.student_head, self.head, momentum)
        big = _views(images, gen, size, 2, (0.35, 1.0))
        small = _views(images, gen, 16, self.local_views, (0.1, 0.35))
        with torch.no_grad():
            teacher = self.head(self.network(big)).chunk(2)
        features = torch.cat([self.student(big), self.student(small)])
        student = self.student_head(features).chunk(2 + self.local_views)
        return self.criterion(list(teacher), list(student))


class MAE(nn.Module):
    "The network sees a quarter of the patches; a small decoder draws the others (arXiv 2111.06377)."
    def __init__(self, network, mask_ratio=0.75, dim=64, depth=1, heads=4):
        super().__init__()
        self.network = network
        self.encoder = MaskedVisionTransformerTIMM(vit=network)
        self.patch, patches = network.patch_embed.patch_size[0], network.patch_embed.num_patches
        self.embed = nn.Linear(network.embed_dim, dim)
        self.decoder = MaskedVisionTransformerDecoderTIMM(patches, dim, depth, heads)
        self.predict = nn.Linear(dim, 3 * self.patch**2)
        self.patches, self.keep = patches, round(patches * (1 - mask_ratio))

    def loss(self, images, gen, size, progress):
        x = normalise(crop_flip(images, gen, 32, (0.4, 1.0)))
        order = torch.rand(len(x), self.patches, generator=gen).argsort(1) + 1  # 0 is the class token
        keep, hide = order[:, : self.keep], order[:, self.keep :]
        keep = torch.cat([torch.zeros_like(keep[:, :1]), keep], 1)
        tokens = self.decoder.mask_token.expand(len(x), self.patches + 1, -1)
        tokens = set_at_index(tokens, keep, self.embed(self.encoder.encode(x, idx_keep=keep)))
        drawn = self.predict(get_at_index(self.decoder(tokens), hide))
        # each patch by its own mean and deviation: form rather than colour
        target = normalize_mean_var(get_at_index(patchify(x, self.patch), hide - 1))
        return (drawn - target).square().mean()


METHODS = {"simclr": SimCLR, "vicreg": VICReg, "dino": DINO, "mae": MAE}
