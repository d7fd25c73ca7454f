"""Preset `paper`, stated again from the published description: the same draws give the same losses.

Draws (real features, crops and noise, the probe, the noise of a new level) are recorded from the library's run. What
is done with them is written anew: rendering, the loss by double back-propagation, Adam and its restart, the growth.
"""
from dataclasses import replace
import pytest, torch, torch.nn.functional as F
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.settings import PRESET_OBJECTIVES, PRESETS

COLOURS = torch.tensor([[.26, .09, .02], [.27, .00, -.05], [.27, -.09, .03]])

def rendered(levels, size):
    "Upsample, sum, mix the colours, squash."
    def up(level): return F.interpolate(level, (size, size), mode='bilinear') if level.shape[-1] < size else level
    x = sum(up(level) for level in levels)
    return torch.sigmoid(2*torch.einsum('nchw,kc->nkhw', x, COLOURS/COLOURS.norm(dim=0).max()))

def cosine_loss(z_real, y_real, z, y, W):
    "One minus the cosine of the probe's two gradients, which autograd finds."
    W, b = W.requires_grad_(), torch.zeros(len(W), requires_grad=True)
    def gradient(z, y):
        found = torch.autograd.grad(F.cross_entropy(z@W.T + b, y), (W, b), create_graph=True)
        return torch.cat([g.flatten() for g in found])
    return 1 - F.cosine_similarity(gradient(z_real, y_real).detach(), gradient(z, y), dim=0)

class Recorded:
    "A run of the library that keeps its draws."
    def __init__(self, data, backbone, settings):
        self.run = Distiller(data, backbone, settings, PRESET_OBJECTIVES['paper'](), frames=0)
        self.source = source = self.run.sources[0]
        target, objective, sample = source.target, source.objective, source.augmenter.sample
        def keep_target(*args):
            self.real = target(*args)
            return self.real
        def keep_views(*args):
            self.views = sample(*args)
            return self.views
        class KeepProbe:
            "The objective, before which a copy of the generator has drawn the probe."
            needs_rows, needs_images = objective.needs_rows, objective.needs_images
            def __call__(_, step):
                twin = torch.Generator()
                twin.set_state(step.generator.get_state())
                self.W = .01*torch.randn(step.n_classes, step.syn_features.shape[1], generator=twin)
                return objective(step)
        source.target, source.augmenter.sample, source.objective = keep_target, keep_views, KeepProbe()

    def grown(self):
        "The level that the run would add now, drawn by a copy of its generator."
        twin, side = torch.Generator(), self.run.pyramid.sizes[len(self.run.pyramid.levels)]
        twin.set_state(self.run.generator.get_state())
        return torch.randn(len(self.run.labels), 3, side, side, generator=twin)

@pytest.mark.parametrize('init', ['normal', 'zero'])
def test_same_draws_give_the_same_losses(init, tiny):
    data = open_dataset('cifar10-mini').subset(['airplane', 'cat', 'ship'], per_class=10)
    backbone, every, augs = open_backbone(tiny), 3, 2
    recorded = Recorded(data, backbone, replace(PRESETS['paper'], steps=9, augs=augs, grow_every=every, init=init))
    run = recorded.run
    levels = [run.pyramid.levels[0].detach().clone().requires_grad_()]
    adam = torch.optim.Adam(levels, lr=2e-3)
    for step in range(9):
        if step and step%every==0:
            L, drawn = len(levels), recorded.grown()
            old = [level.detach()*L/(L + 1) for level in levels]
            side = drawn.shape[-1]
            mean = sum(F.interpolate(level, (side, side), mode='bilinear') for level in old)/L
            levels = [level.requires_grad_() for level in (*old, drawn/(L + 1) if init=='normal' else mean)]
            adam = torch.optim.Adam(levels, lr=2e-3)
        loss = next(run).loss
        assert len(run.pyramid.levels)==len(levels)
        images = rendered(levels, backbone.canvas).repeat_interleave(augs, 0)
        views = recorded.source.augmenter.apply(images, recorded.views)
        labels = torch.arange(3).repeat_interleave(augs)
        ours = cosine_loss(recorded.real.features, recorded.real.labels, backbone(views), labels, recorded.W)
        assert abs(float(ours.detach()) - loss) < 1e-4, (step, float(ours.detach()), loss)
        adam.zero_grad()
        ours.backward()
        adam.step()
    for mine, theirs in zip(levels, run.pyramid.levels): assert torch.allclose(mine, theirs, atol=1e-3)

def test_preset_is_the_published_schedule():
    paper = PRESETS['paper']
    assert (paper.steps, paper.augs, paper.lr, paper.grow_every, paper.real)==(5000, 10, 2e-3, 200, 'paper')
    assert (paper.noise_std, paper.noise_mean, paper.init, paper.lr_decay)==(.2, 0, 'normal', False)
    assert paper.pyramid and paper.decorrelate and paper.augment
    objective = PRESET_OBJECTIVES['paper']()
    assert (objective.w_std, objective.centre, objective.distance)==(.01, False, 'cosine')
