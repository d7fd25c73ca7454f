"What the benchmark of parameterisation changes of a run, and that it changes nothing else."
import pytest, torch
from lgm_nb import Distiller, open_backbone, open_dataset, Settings
from lgm_nb.method.augmentation import Augmenter
from benchmarks.parameterisation import (
    averaged, Bands, ColourJitter, Fourier, Jitter, KINDS, on_larger_canvas, settled, Trial, WAYS)

SHORT = Settings(steps=3, augs=1, views=1)

@pytest.fixture(scope='module')
def few(): return open_dataset('cifar10-mini').subset(['cat', 'dog', 'ship'], per_class=4)

@pytest.fixture(scope='module')
def net(): return open_backbone('tiny-dino-resnet')

@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch): monkeypatch.setenv('LGM_NB_CACHE', str(tmp_path/'cache'))

def seeded(): return torch.Generator().manual_seed(0)

def test_the_default_is_that_of_the_library(few, net):
    runs = Trial(few, [net], SHORT, WAYS['default']), Distiller(few, net, SHORT)
    for run in runs: assert len(list(run))==3
    assert torch.equal(*[run.images() for run in runs])

def test_each_way_runs(few, net):
    for name, way in WAYS.items():
        run = Trial(few, [net], SHORT, way)
        list(run)
        assert run.images().shape[-1]==round(net.canvas*way.canvas) and run.images().isfinite().all(), name
        assert run.sources[0].bank.facts['augmentation']==vars(way.augmenter(net.input_size)) | dict(
            scale=[.08, 1.], ratio=[3/4, 4/3]), 'real images have the same views'

def test_rates_of_levels(few, net):
    "The first step of Adam is as long as the rate, whatever the gradient."
    for name, first in ('default', 1), ('coarse faster', 32**.25), ('fine faster', 32**-.25):
        run = settled(few, [net], name)
        run.restart_optimiser()
        before = [level.detach().clone() for level in run.pyramid.levels]
        next(run)
        moved = [(a - b).abs().max().item() for a, b in zip(run.pyramid.levels, before)]
        expected = [.02*first*(1/first**2)**(i/5) for i in range(6)] # from the coarsest to the finest
        assert moved==pytest.approx(expected, rel=1e-2), name

def test_amplitudes_are_of_waves_scaled_by_their_length():
    "Two waves along the columns, and eight; their heights in the image are as one over their numbers."
    images = Fourier(1, 32, seeded(), 1, False, 'normal')
    heights = []
    for waves in 2, 8:
        with torch.no_grad():
            images.levels[0].zero_()
            assert torch.equal(images.render(), torch.full((1, 3, 32, 32), .5))
            images.levels[0][0, 0, 0, waves, 0] = .1
            x = images.render().logit()[0, 0]/2
        assert torch.allclose(x, x.max()*torch.cos(2*torch.pi*waves*torch.arange(32)/32).expand(32, 32), atol=1e-5)
        heights.append(float(x.max()))
    assert heights[0]==pytest.approx(4*heights[1], rel=1e-3)

def test_bands_end_with_all_frequencies():
    bands, whole = (kind(2, 32, seeded(), 1, True, 'normal') for kind in (Bands, Fourier))
    assert bands.reached==1 and whole.complete
    assert int((bands.band() > 0).sum())==4, 'the mean, one wave along the columns, and one along the rows, twice'
    while not bands.complete: bands.grow(seeded())
    assert bands.reached==len(bands.sizes) and torch.equal(bands.render(), whole.render())

def test_jitter_keeps_the_size_of_a_crop():
    plain, moved = (kind(32).sample(200, seeded()).theta for kind in (Augmenter, Jitter))
    assert torch.allclose(torch.linalg.det(plain[:, :, :2]), torch.linalg.det(moved[:, :, :2]), atol=1e-5)
    shift = (plain - moved)[:, :, 2].abs()
    assert shift.max() <= .25 < shift.max() + .01 and (plain - moved)[:, :, :2].abs().max() > .1

def test_colour_jitter_is_repeatable():
    augmenter, images = ColourJitter(32), torch.rand(8, 3, 32, 32, generator=seeded())
    views = augmenter.sample(8, seeded())
    changed, plain = augmenter.apply(images, views), Augmenter(32).apply(images, Augmenter(32).sample(8, seeded()))
    assert torch.equal(changed, augmenter.apply(images, views)) and 0 <= changed.min() and changed.max() <= 1
    ratios = changed.mean((1, 2, 3))/plain.mean((1, 2, 3))
    assert .65 < ratios.min() < ratios.max() < 1.35 and ratios.std() > .05

def test_a_larger_canvas_leaves_the_backbone(net):
    larger = on_larger_canvas(net, 2)
    assert (larger.canvas, net.canvas, larger.hash)==(64, 32, net.hash) and on_larger_canvas(net, 1) is net

def test_differences_are_paired_by_seed():
    "Averaged over targets first, so that the interval is over seeds."
    rows = [dict(target=t, home=t=='a', seen=t in 'ab', top1_mean=m, minus=d)
            for t, m, d in (('a', 70, [1, 3]), ('b', 60, [0, 0]), ('c', 50, [1, 5]), ('d', 40, [3, -1]))]
    found = {kind: averaged(rows, chosen) for kind, chosen in KINDS.items()}
    assert found['home']['minus']==2 and found['seen']['targets']==['b'] and found['seen']['interval']==[0, 0]
    assert found['unseen']==dict(targets=['c', 'd'], top1_mean=45, minus=2, interval=[2, 2])
    assert averaged(rows[:1], KINDS['unseen']) is None
