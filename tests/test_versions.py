"""What earlier versions wrote is read: `tests/versions/VERSION` holds a set, a checkpoint, a bank and a cache.

All come from the same twelve images, six of each of two classes of cifar10-mini, on tiny-can-vit, in one thread.
"""
import shutil
from pathlib import Path
import pytest, torch
from safetensors.torch import load_file
from lgm_nb import (
    DistilledSet, Distiller, GradientMatching, Settings, build_bank, from_arrays, open_backbone, open_dataset)
from lgm_nb.method.augmentation import Augmenter
from lgm_nb.method.runs import load_checkpoint

VERSIONS = sorted(p.name for p in (Path(__file__).parent/'versions').iterdir())
SETTINGS = Settings(steps=6, augs=1, views=1, seed=5, noise_std=.2, lr_decay=False)

@pytest.fixture(params=VERSIONS)
def written(request, tmp_path):
    return shutil.copytree(Path(__file__).parent/'versions'/request.param, tmp_path/request.param)

@pytest.fixture(scope='module')
def data():
    mini = open_dataset('cifar10-mini')
    rows = torch.cat([mini.train.rows_of(c)[:6] for c in (0, 1)])
    twelve = mini.train.subset(rows)
    return from_arrays((twelve.source, twelve.labels.numpy()), classes=['plane', 'car'], name='twelve')

@pytest.fixture(scope='module')
def backbone(): return open_backbone('tiny-can-vit')

def never(items, **kwargs): raise AssertionError('the bank was built again')

def noisy(backbone): return Augmenter(backbone.input_size, noise_std=.2)

def run_of(data, backbone):
    "A run as it was then, with the objective and the noise that were the defaults."
    bank = build_bank(data, backbone, 1, noisy(backbone), folder=False, seed=5)
    return Distiller(data, backbone, SETTINGS, GradientMatching(), bank, frames=2)

def test_a_distilled_set_opens(written):
    distilled = DistilledSet.load(written/'set')
    assert torch.equal(distilled.images, load_file(written/'set'/'distilled.safetensors')['images'])
    assert distilled.classes==['plane', 'car'] and len(distilled.losses)==6

def test_banks_open(written, data, backbone, monkeypatch):
    assert len(build_bank(data, backbone, 1, noisy(backbone), written/'bank', progress=never).features)==len(data.train)
    monkeypatch.setenv('LGM_NB_CACHE', str(written/'cache'))
    build_bank(data, backbone, 1, noisy(backbone), seed=5, keep='means', progress=never)

def test_a_checkpoint_ends_as_it_would_have_then(written, data, backbone):
    "To rounding: the last bits depend on the processor and on the number of threads."
    run = run_of(data, backbone)
    load_checkpoint(run, written/'run'/'checkpoint.safetensors')
    assert run.step==3
    for _ in run: pass
    assert (run.images() - DistilledSet.load(written/'set').images).abs().max() < 1e-3

def test_a_run_from_nothing_gives_the_same_images(written, data, backbone):
    run = run_of(data, backbone)
    for _ in run: pass
    assert (run.images() - DistilledSet.load(written/'set').images).abs().max() < 1e-3
