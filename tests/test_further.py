"Sets that change: in a folder, from the shell, for several backbones; and parts of classes that backbones share."
import json
import pytest, torch
from benchmarks.further import added_classes
from conftest import last_json, ok, run_here
from lgm_nb import (
    Distiller, DistilledSet, GradientMatching, Settings, WhitenedMeans, distill, open_backbone, open_dataset)
from lgm_nb.core.files import cache_folder
from lgm_nb.method.extend import extend
from lgm_nb.method.objectives import PartMatching

NAMES = ['airplane', 'cat', 'ship']

@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch): monkeypatch.setenv('LGM_NB_CACHE', str(tmp_path/'cache'))

@pytest.fixture(scope='module')
def mini(): return open_dataset('cifar10-mini').subset(per_class=20)

@pytest.fixture
def made(mini, tiny): return distill(mini.subset(NAMES), tiny, steps=3, augs=1, views=1)

def banks(): return [json.loads(f.read_text(encoding='utf-8')) for f in cache_folder().glob('banks/*/bank.json')]

def test_only_new_classes_are_embedded(made, mini, tiny):
    "The bank of the old classes is that of the first run."
    assert [b['classes'] for b in banks()]==[3]
    more = extend(made, mini.subset([*NAMES, 'frog']), tiny)
    assert torch.equal(more.images[:3], made.images) and more.classes==[*NAMES, 'frog']
    assert sorted((b['classes'], b['images']) for b in banks())==[(1, 20), (3, 60)]

def test_for_two_backbones(mini, tiny):
    nets = [open_backbone(tiny), open_backbone('tiny-vicreg-resnet')]
    two = distill(mini.subset(NAMES), nets, steps=2, augs=1, views=1)
    more = extend(two, mini.subset([*NAMES, 'frog', 'dog']), objective=[GradientMatching(), WhitenedMeans()])
    assert len(more)==5 and torch.equal(more.images[:3], two.images)
    methods = [b['method'] for b in more.card['history'][1]['backbones']]
    assert methods==[repr(GradientMatching()), repr(WhitenedMeans())]
    with pytest.raises(ValueError, match='same backbones in the same order'): extend(two, mini, nets[::-1])

def test_a_changed_set_from_the_shell(made, mini, tiny, tmp_path):
    "It is probed on its own classes; a card of several runs cannot be repeated by one."
    more = extend(made, open_dataset('cifar10-mini'), tiny)
    more.subset(['ship', 'cat', 'dog']).save(tmp_path/'set')
    probe = 'lgm-probe', tmp_path/'set', '--backbone', tiny, '--data', 'cifar10-mini', '--protocol', 'ridge', '--json'
    assert last_json(ok(*probe, run=run_here))['top1_mean'] > 0
    card = json.loads((tmp_path/'set'/'card.json').read_text(encoding='utf-8'))
    assert set(card['accuracy'])=={tiny} and [e['what'] for e in card['history']]==['distilled', 'extended', 'kept']
    again = run_here('lgm-distill', '--from-card', tmp_path/'set'/'card.json', '--out', tmp_path/'again')
    assert again.returncode==2 and 'its history names the runs' in again.stderr

def test_soft_labels_of_a_newer_kind_are_refused(made, tmp_path):
    made.soft_labels = torch.full((3, 3), .5)
    with pytest.raises(ValueError, match='sum to 1'): DistilledSet.load(made.save(tmp_path/'set'))

def test_classes_added_by_each_seed():
    "Five seeds add each class of ten once; of eight seeds two add the same classes, as the page says."
    pairs = [frozenset(added_classes(10, seed)) for seed in range(8)]
    assert frozenset().union(*pairs[:5])==set(range(10)) and len(set(pairs))==7

def test_backbones_share_the_parts(mini, tiny):
    "An image has the same part of its class on both; each has that part's mean in its own features."
    nets, few = [open_backbone(tiny), open_backbone('tiny-vicreg-resnet')], mini.subset(NAMES)
    run = Distiller(few, nets, Settings(steps=2, augs=1, views=1, ipc=2), PartMatching(), frames=0)
    list(run)
    for source in run.sources:
        assert source.part_means.shape==(3, 2, source.backbone.dim)
        rows = (few.train.labels==1) & (run.parts==1)
        assert torch.allclose(source.part_means[1, 1], source.bank.features[rows].mean(0), atol=1e-4)

def test_parts_need_a_bank(mini, tiny):
    with pytest.raises(ValueError, match="use real='bank'"):
        Distiller(mini, open_backbone(tiny), Settings(steps=1, real='paper'), PartMatching())

def test_one_part_is_the_class(mini, tiny):
    "With one image per class, PartMatching and the objective inside it make the same images, up to rounding."
    def images(objective):
        settings = Settings(steps=4, augs=1, views=1)
        run = Distiller(mini.subset(NAMES), open_backbone(tiny), settings, objective, frames=0)
        list(run)
        return run.images()
    assert (images(PartMatching()) - images(GradientMatching())).abs().max() < 1e-3
