"LoRA with and without its package; the objective of the benchmark of fine-tuning, and how it chooses."
import copy, sys
import pytest
import torch
from lgm_nb import Distiller, open_backbone, open_dataset, Settings
from lgm_nb.method.meta_loss import Step
from lgm_nb.method.objectives import DiscriminantMatching
from lgm_nb.probing.fine_tuning import _adapted, _to_tune, Classifier, fine_tune, with_probe
from benchmarks import fine_tuning as bench
from benchmarks.block_matching import BlockMatching

NETS = ('tiny-simclr-resnet', 'tiny-can-vit') # convolutions; attention

@pytest.fixture(scope='module')
def few(): return open_dataset('cifar10-mini').subset(['cat', 'dog', 'ship'], per_class=2)

@pytest.fixture(scope='module', params=NETS)
def net(request): return open_backbone(request.param)

def start_of(net):
    "A classifier with a random head."
    return Classifier(net, .1*torch.randn(3, net.dim, generator=torch.Generator().manual_seed(0)), torch.zeros(3))

def step_on(images, labels):
    "What an objective reads that looks at images and labels alone."
    g = torch.Generator().manual_seed(0)
    return Step(images, torch.zeros(len(labels), 1), labels, None, None, torch.zeros(1), 3, g)

@pytest.fixture
def matching(few, net, monkeypatch):
    "A function that returns the objective, with views that are the images, at the head of no training."
    def make(**options):
        objective = BlockMatching(few, net, **options)
        objective.augmenter = lambda images, generator: images
        monkeypatch.setattr('benchmarks.block_matching.with_probe', lambda *_: start_of(net))
        return objective
    return make

@pytest.mark.parametrize('by_class', [False, True])
def test_real_images_match_themselves(few, net, matching, by_class):
    images, labels = few.train.batch(torch.arange(6), net.canvas), few.train.labels
    objective = matching(by_class=by_class)
    assert abs(objective(step_on(images, labels)).item()) < 1e-4
    assert objective(step_on(images.flip(0), labels)).item() > .1, 'others do not'

def in_double(objective):
    "Keep everything that the distance is made of in double precision."
    objective.real = [[t.double() for t in part] for part in objective.real]
    objective.head = tuple(t.double() for t in objective.head)
    net = objective.net.double()
    net.forward = lambda images: net.network((images - net.mean)/net.std).flatten(1) # without rounding at the end
    return objective

def test_derivative_is_that_of_the_distance(few, net, matching):
    "Through the gradient of the block: central differences along it, too short to meet the kink of a ReLU."
    objective, labels = in_double(matching()), few.train.labels
    images, size = few.train.batch(torch.arange(6), net.canvas).flip(0).double(), 1e-8
    leaf = images.clone().requires_grad_()
    grad, = torch.autograd.grad(objective(step_on(leaf, labels)), leaf)
    way = size*grad/grad.norm()
    ahead, behind = (objective(step_on(images + s*way, labels)).item() for s in (1, -1))
    assert grad.norm() > 1e-4 and grad.norm().item()==pytest.approx((ahead - behind)/(2*size), rel=1e-2)

def test_a_run_takes_it_beside_the_default(few, net):
    objective = DiscriminantMatching() + BlockMatching(few, net)
    run = Distiller(few, net, Settings(steps=2, augs=1, views=1), objective, frames=0)
    losses = [snap.loss for snap in run]
    assert len(losses)==2 and torch.tensor(losses).isfinite().all()

def test_lora_without_its_package(few, net, monkeypatch):
    "An error that names the remedy; the benchmark leaves its rows out, and says so in its result."
    monkeypatch.setitem(sys.modules, 'peft', None)
    with pytest.raises(RuntimeError, match=r"needs the package peft; install it with pip install 'lgm_nb\[finetune\]'"):
        fine_tune(start_of(net), few.train.batch(torch.arange(6), net.canvas), few.train.labels, 'lora')
    monkeypatch.setattr(bench, 'find_spec', lambda name: None)
    ways, left_out = bench.usable(('block', 'lora', 'full'))
    assert ways==('block', 'full') and "pip install 'lgm_nb[finetune]'" in left_out[0]

def test_lora_tunes_adapters_alone(net):
    "As many numbers as two thin matrices for each layer; the first output is that of the network."
    pytest.importorskip('peft', reason='peft is not installed (extra: finetune)')
    network, layers = copy.deepcopy(net.network), dict(net.network.named_modules())
    parameters, merged = _to_tune(network, 'lora', torch.Generator().manual_seed(0))
    shapes = [layers[name].weight.shape for name in _adapted(net.network)]
    assert sum(p.numel() for p in parameters)==sum(8*(s[0] + s[1:].numel()) for s in shapes)
    x = torch.rand(2, 3, net.input_size, net.input_size, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(network(x), net.network(x), atol=1e-5)
    for p in parameters: p.data += .01
    tuned = network(x)
    assert torch.allclose(merged()(x), tuned, atol=1e-4) and not torch.allclose(tuned, net.network(x), atol=1e-3)

def held(images, way, rate, top1): return dict(images=images, way=way, rate=rate, top1_mean=top1)

def test_choices_are_those_of_held_back_images():
    rows = [held('probe', 'block', .1, 50), held('probe', 'block', .2, 51), held('whole', 'block', .1, 40),
            held('whole', 'full', .1, 60), held('whole', 'full', .2, 10), held('class', 'block', .1, 45),
            held('class', 'full', .1, 54)]
    assert bench.best_rates(rows)['probe', 'block']==.2 and bench.best_rates(rows)['whole', 'full']==.1
    assert bench.best_made(rows)=='whole', '50 on average at its best rates, 49.5 for class'
    assert bench.best_made(rows[:2]) is None

def test_images_without_labels_are_refused(few):
    net, images = open_backbone(NETS[0]), few.train.batch(range(6), 32)
    for labels in (few.train.labels[:3], few.train.labels[:6] + 5):
        for make in (lambda y: with_probe(net, images, y, 3), lambda y: fine_tune(start_of(net), images, y, steps=1)):
            with pytest.raises(ValueError, match='images: the set has'): make(labels)
