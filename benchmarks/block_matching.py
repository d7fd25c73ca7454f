"""An objective for images to fine-tune on: match the gradients of the last block's weights, as those of the probe.

It needs the network, which a `Step` does not have, so it holds a copy of it, draws views of its own, and passes them
through once more. Gradients of real images are taken at the probe of all of them, and computed once.
"""
import copy
from functools import cached_property
import torch
import torch.nn.functional as F
from lgm_nb.method.meta_loss import Objective
from lgm_nb.method.source import on_canvas
from lgm_nb.probing.fine_tuning import last_block, with_probe
from lgm_nb.probing.probe import probe_augmenter

BATCH = 250 # real images at a time

def open_copy(backbone):
    "A copy of a backbone whose last block has gradients, also second ones, and the weights in it."
    net = copy.deepcopy(backbone)
    for m in net.network.modules():
        if hasattr(m, 'fused_attn'): m.fused_attn = False # PyTorch's fused attention has no second derivative
    block = [p for m in last_block(net.network) for p in m.parameters() if p.ndim > 1] # neither biases nor norms
    return net, [p.requires_grad_() for p in block]

def cosine_distances(a, b):
    "Mean over tensors of one minus the cosine."
    return sum(1 - F.cosine_similarity(x.flatten(), y.flatten(), dim=0) for x, y in zip(a, b))/len(a)

class BlockMatching(Objective):
    "Match the gradients of the last block's weights (Zhao et al. 2021, arXiv 2006.05929, there of all weights)."
    needs_rows = False
    def __init__(self, data, backbone,
        by_class=False, # match the gradients of each class alone; otherwise of all classes together
    ):
        self.data, self.backbone, self.by_class = data, backbone, by_class
        self.augmenter = probe_augmenter(backbone)
        self.net, self.block = open_copy(backbone)

    @cached_property
    def real(self):
        "Head, and the gradients of real images at it, one augmented view of each, for each part."
        train, g = self.data.train, torch.Generator().manual_seed(0)
        images = train.batch(torch.arange(len(train)), self.backbone.canvas)
        start = with_probe(self.backbone, images, train.labels, len(self.data.classes))
        self.head = start.W, start.b
        return [self._mean_gradient(images, train.labels, rows, g) for rows in self._parts(train.labels)]

    def _parts(self, labels):
        "Rows whose gradients are matched together."
        if not self.by_class: return [torch.arange(len(labels))]
        return [(labels==c).nonzero()[:, 0] for c in range(len(self.data.classes))]

    def _mean_gradient(self, images, labels, rows, g):
        total = [torch.zeros_like(p) for p in self.block]
        for own in rows.split(BATCH):
            for t, new in zip(total, self._gradient(self.augmenter(images[own], g), labels[own])):
                t += new*len(own)/len(rows)
        return total

    def _gradient(self, views, labels, **options):
        W, b = self.head
        return torch.autograd.grad(F.cross_entropy(self.net(views)@W.T + b, labels), self.block, **options)

    def __call__(self, step):
        augs, labels = len(step.syn_labels)//len(step.images), step.syn_labels
        images = on_canvas(step.images, self.net.canvas).repeat_interleave(augs, 0)
        views, distances = self.augmenter(images, step.generator), []
        for real, rows in zip(self.real, self._parts(labels)):
            distances.append(cosine_distances(real, self._gradient(views[rows], labels[rows], create_graph=True)))
        return sum(distances)/len(distances)
    def __repr__(self): return f'BlockMatching(by_class={self.by_class})'
