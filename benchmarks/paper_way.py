"""The step of the paper as its authors run it, to compare with.

Written from the description of the method, with this library's pyramid and augmentation, so that only the way a
step is computed differs: batch norms are not folded, both sides build a graph, the probe's gradient is autograd's,
and back-propagation also fills the gradients of the backbone's weights, which nobody reads.
"""
import torch
import torch.nn.functional as F
from lgm_nb.backbones import backbone as folding
from lgm_nb.backbones.open import open_backbone
from lgm_nb.method.augmentation import Augmenter
from lgm_nb.method.pyramid import Pyramid
from lgm_nb.method.settings import GROWTH_SHARE

def plain_backbone(name, **kw):
    "Open a backbone as published: no folded batch norms, ordinary memory layout, weights that ask for gradients."
    fold = folding.fold_batch_norm
    folding.fold_batch_norm = lambda network, example: network
    try: net = open_backbone(name, **kw)
    finally: folding.fold_batch_norm = fold
    net.network.to(memory_format=torch.contiguous_format).requires_grad_(True)
    return net

class _Real(torch.utils.data.Dataset):
    "Real images on their canvas; decoding happens here."
    def __init__(self, split, canvas): self.split, self.canvas = split, canvas
    def __len__(self): return len(self.split)
    def __getitem__(self, row):
        g = torch.Generator().manual_seed(int(row))
        return self.split.batch([row], self.canvas, g)[0], int(self.split.labels[row])

class PaperWay:
    "An iterator of losses; `images()` renders."
    def __init__(self, data, net, augs=10, lr=2e-3, steps=5000, grow_every=200, w_std=.01, seed=0, workers=0):
        self.data, self.net, self.augs = data, net, augs
        self.lr, self.w_std = lr, w_std
        self.steps, self.step, self.classes = steps, 0, len(data.classes)
        self.generator, self.augmenter = torch.Generator().manual_seed(seed), Augmenter(net.input_size, noise_std=.2)
        self.pyramid, self.labels = Pyramid(self.classes, net.canvas, self.generator), torch.arange(self.classes)
        self.batches = iter(self._loader(workers))
        levels = len(self.pyramid.sizes)
        self.grow_every = grow_every or max(1, int(GROWTH_SHARE*steps/(levels - 1))) # 0 spreads it as the library does
        self.restart_optimiser()

    def _loader(self, workers):
        rows = [self.data.train.rows_of(c) for c in range(self.classes)]
        def pick(own): return own[torch.randint(len(own), (self.augs,), generator=self.generator)]
        batches = [torch.cat([pick(own) for own in rows]).tolist() for _ in range(self.steps)]
        return torch.utils.data.DataLoader(_Real(self.data.train, self.net.canvas), batch_sampler=batches,
                                           num_workers=workers, generator=torch.Generator())

    def restart_optimiser(self): self.optimiser = torch.optim.Adam(self.pyramid.parameters(), lr=self.lr)
    def images(self): return self.pyramid.paint(sum(self.pyramid.parts()))

    def _features(self, images):
        return self.net.network((self.augmenter(images, self.generator) - self.net.mean)/self.net.std).flatten(1)

    def _gradient(self, z, labels, W, b, **kw):
        return torch.cat([g.flatten() for g in torch.autograd.grad(F.cross_entropy(z@W.T + b, labels), (W, b), **kw)])

    def __iter__(self): return self

    def __next__(self):
        if self.step >= self.steps: raise StopIteration
        if self.step and self.step%self.grow_every==0 and not self.pyramid.complete:
            self.pyramid.grow(self.generator)
            self.restart_optimiser()
        W = (self.w_std*torch.randn(self.classes, self.net.dim, generator=self.generator)).requires_grad_()
        b = torch.zeros(self.classes, requires_grad=True)
        images, labels = next(self.batches)
        real = self._gradient(self._features(images), labels, W, b).detach()
        self.optimiser.zero_grad()
        self.net.network.zero_grad()
        z = self._features(self.images().repeat_interleave(self.augs, 0))
        syn = self._gradient(z, self.labels.repeat_interleave(self.augs), W, b, create_graph=True)
        loss = 1 - F.cosine_similarity(real, syn, dim=0)
        loss.backward()
        self.optimiser.step()
        self.step += 1
        return loss.item()
