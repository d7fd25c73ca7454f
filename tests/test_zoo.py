"The embedded backbones: cards and weights agree; and their training resumes as if it had never stopped."
import hashlib, json, os
import pytest, torch
from safetensors.torch import load_file
from conftest import ROOT
from lgm_nb.backbones.embedded import zoo_cards

ZOO = ROOT/'lgm_nb/backbones/zoo'
MEASURED = ('knn_top1', 'probe_top1', 'random_init_knn_top1', 'random_init_probe_top1')

def test_weights_and_cards_are_pairs():
    assert {p.stem for p in ZOO.glob('*.safetensors')} == set(zoo_cards())

@pytest.mark.parametrize('name', zoo_cards())
def test_card_fits_weights(name):
    card, file = zoo_cards()[name], ZOO/f'{name}.safetensors'
    assert card['name']==name and card['method'] in name and card['architecture']['family'] in name
    assert hashlib.sha256(file.read_bytes()).hexdigest()==card['weights_sha256']
    assert file.stat().st_size <= 6e6
    state = load_file(file)
    assert all(torch.isfinite(t).all() for t in state.values() if t.is_floating_point())
    buffers = ('running_mean', 'running_var', 'num_batches_tracked')
    assert sum(t.numel() for k, t in state.items() if not k.endswith(buffers))==card['params']
    training = card['training']
    assert training['labels_used'] is False and training['epochs'] > 0 and training['seconds'] > 0
    e = card['evaluation']
    assert all(0.1 < e[k] < 1 for k in MEASURED)
    assert e['probe_top1'] > e['random_init_probe_top1'] and e['knn_top1'] > e['random_init_knn_top1']
    assert name in e['command']

def test_every_card_has_a_recipe():
    pytest.importorskip('lightly', reason='lightly is not installed (extra: zoo)')
    from zoo.recipes import RECIPES
    for name, card in zoo_cards().items():
        recipe = RECIPES[name]
        assert recipe['method']==card['method'] and recipe['spec']['family']==card['architecture']['family']

class Killed(Exception): pass

@pytest.mark.parametrize('name', zoo_cards())
def test_resumed_equals_unbroken(name, tmp_path, monkeypatch):
    pytest.importorskip('lightly', reason='lightly is not installed (extra: zoo)')
    from zoo import train as module
    monkeypatch.setitem(module.RECIPES, name, module.RECIPES[name] | dict(batch=8))
    images = torch.randint(256, (16, 3, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    def train(out, **kw): module.train(name, (images, torch.zeros(16)), out, epochs=1, **kw)
    train(tmp_path/'whole')
    write = module.save_atomic
    def write_and_die(state, path):
        write(state, path)
        raise Killed
    monkeypatch.setattr(module, 'save_atomic', write_and_die)
    with pytest.raises(Killed): train(tmp_path/'broken', save_every=0)
    assert torch.load(tmp_path/'broken'/f'{name}.ckpt.pt', weights_only=True)['step']==1
    monkeypatch.setattr(module, 'save_atomic', write)
    train(tmp_path/'broken', resume=True)
    a, b = (torch.load(tmp_path/d/f'{name}.ckpt.pt', weights_only=True) for d in ('whole', 'broken'))
    assert a['step']==b['step']==2
    assert all(torch.equal(t, b['method'][k]) for k, t in a['method'].items())
    assert not all(torch.equal(t, module.make_method(name, 0).state_dict()[k]) for k, t in a['method'].items())

def test_mini_test_images_are_unseen():
    "The test images of cifar10-mini come from CIFAR-10's test split; where that is at hand, pixel for pixel."
    from lgm_nb.data.open import open_dataset
    facts = json.loads((ROOT/'lgm_nb/data/samples/cifar10-mini.json').read_text())['splits']
    assert max(facts['test']['rows']) < 10_000 < max(facts['train']['rows']) < 50_000
    path = os.environ.get('CIFAR10')
    if not path: pytest.skip('rows checked, pixels not: CIFAR10 does not name a folder with the whole data set')
    from zoo.data import load_cifar10
    images, labels = load_cifar10(path, train=False)
    data = open_dataset('cifar10-mini')
    mine = (data.test.batch(range(len(data.test)), 32)*255).round().byte()
    rows = facts['test']['rows']
    assert torch.equal(mine, images[rows]) and torch.equal(data.test.labels, labels[rows])
