"Fine-tune the last block of a frozen network on a few images, from their linear probe on."
import copy
import torch
import torch.nn.functional as F
from lgm_nb.probing.probe import exhaust, PooledViews, probe_augmenter, to_canvas, train_probes

def last_block(network):
    "The last block of a timm network; the layers after it are tuned with it."
    parts = next(p for p in (getattr(network, name, None) for name in ('stages', 'blocks', 'layers')) if p is not None)
    return [parts[-1], *[m for m in (getattr(network, n, None) for n in ('final_conv', 'conv_head', 'norm')) if m]]

MANY = 500 # images, from which on the probe sees each of them once, without augmentation

def probe_of(net, images, labels, n_classes, seed):
    "The linear probe of some images, with 20 augmented copies of each: W (C, D), b (C,)."
    if len(images) > MANY:
        z = net.embed(images)
        W, b = train_probes(lambda _, rows: z[rows], labels, n_classes, net.dim, seeds=1, epochs=100)
        return W[0], b[0]
    views = PooledViews(images, net, seed=seed)
    exhaust(views.fill())
    W, b = train_probes(views, labels, n_classes, net.dim, seeds=1)
    return W[0], b[0]

def fine_tune(net, images, labels, probe, lr, steps, seed, batch=100):
    "Tune last block and head by AdamW, with a rate that falls to zero; returns backbone and head."
    tuned, (W, b) = copy.deepcopy(net), (t.clone().requires_grad_() for t in probe)
    block = [p.requires_grad_() for m in last_block(tuned.network) for p in m.parameters()]
    adam, g = torch.optim.AdamW([*block, W, b], lr), torch.Generator().manual_seed(seed)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    augmenter, rows = probe_augmenter(net), torch.empty(0, dtype=torch.int64)
    for _ in range(steps):
        if not len(rows): rows = torch.randperm(len(images), generator=g)
        own, rows = rows[:batch], rows[batch:]
        z = tuned(augmenter(to_canvas(images[own], net), g))
        adam.zero_grad()
        F.cross_entropy(z@W.T + b, labels[own]).backward()
        adam.step()
        schedule.step()
    return tuned, (W.detach(), b.detach())

def accuracy(net, probe, split):
    "Top-1 in percent on a split."
    W, b = probe
    return 100*float(((net.embed(split)@W.T + b).argmax(1)==split.labels).float().mean())

def both(net, images, labels, split, rates, **options):
    "Top-1 of the probe of some images, and after fine-tuning from it at each rate."
    probe = probe_of(net, images, labels, int(split.labels.max()) + 1, options['seed'])
    tuned = [accuracy(*fine_tune(net, images, labels, probe, lr=lr, **options), split) for lr in rates]
    return [accuracy(net, probe, split), *tuned]
