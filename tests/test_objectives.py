"Each objective in a run: what the distiller keeps for it, and what it refuses."
import json
import pytest, torch
from lgm_nb import (
    Distiller, FlowMatching, GradientMatching, RidgeProbe, Settings, TotalVariation, WhitenedMeans, distill,
    open_backbone, open_dataset)
from lgm_nb.core.files import cache_folder
from lgm_nb.method import meta_loss, objectives
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.method.meta_loss import Objective
from lgm_nb.method.objectives import DiscriminantMatching, OrthogonalMatching, PartMatching, PathMatching
from lgm_nb.method.runs import load_checkpoint, save_checkpoint
from lgm_nb.method.settings import known_objective, named_objective

OBJECTIVES = [FlowMatching(), WhitenedMeans(), OrthogonalMatching(), RidgeProbe(), PathMatching(),
              PartMatching(WhitenedMeans()), .5*WhitenedMeans(shrinkage=.3) + RidgeProbe() + .1*TotalVariation()]

@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch): monkeypatch.setenv('LGM_NB_CACHE', str(tmp_path/'cache'))

@pytest.fixture(scope='module')
def few(): return open_dataset('cifar10-mini').subset(['airplane', 'cat', 'ship'], per_class=20)

def bank_facts(): return [json.loads(f.read_text(encoding='utf-8')) for f in cache_folder().glob('banks/*/bank.json')]

def kept():
    "What the banks in the cache keep."
    return [facts['keep'] for facts in bank_facts()]

def test_every_objective_is_read_from_its_text():
    "A card, a command and a grid can name each public objective, its options, and sums."
    public = [vars(m)[name] for m in (meta_loss, objectives) for name in m.__all__]
    kinds = [k for k in public if isinstance(k, type) and issubclass(k, Objective) and k is not Objective]
    assert len(kinds)==9
    each = [o if o.needs_rows or not o.needs_images else o + FlowMatching() for o in (kind() for kind in kinds)]
    for o in (*OBJECTIVES, *each, *(2*a + .1*b for a in each for b in each)):
        assert repr(named_objective(repr(o)))==repr(known_objective(repr(o)))==repr(o)
        for word in ('rows', 'images', 'covariance', 'parts', 'same_rows'):
            assert getattr(named_objective(repr(o)), f'needs_{word}')==getattr(o, f'needs_{word}')

@pytest.mark.parametrize('rows', [2000, 12]) # the whole bank, or rows drawn from it
@pytest.mark.parametrize('objective', OBJECTIVES, ids=repr)
def test_a_run_lowers_the_loss(objective, rows, few, tiny):
    settings = Settings(steps=20, augs=2, views=1, bank_rows=rows, grow_every=3)
    run = Distiller(few, open_backbone(tiny), settings, objective, frames=0)
    list(run)
    losses = torch.tensor(run.losses)
    assert losses.isfinite().all() and losses[-5:].mean() < losses[:5].mean() - .02, losses
    assert run.distilled().card['method']==repr(objective)
    assert kept()==['all' if objective.needs_rows or objective.needs_covariance or objective.needs_parts else 'means']

def test_crops_of_real_images_alone(few, tiny, tmp_path):
    "With a range of their own, real images have another bank, or other views in each step; synthetic ones do not."
    net, file = open_backbone(tiny), tmp_path/'checkpoint.safetensors'
    runs = [Distiller(few, net, Settings(steps=2, augs=1, views=1, real_crop=crop), frames=0) for crop in (.08, .4, 1.)]
    first = [next(run).loss for run in runs]
    assert len({*first})==3, first
    assert {str(facts['augmentation']['scale']) for facts in bank_facts()}=={'[0.08, 1.0]', '[0.4, 1.0]', 'None'}
    assert {run.sources[0].augmenter.scale for run in runs}=={(.08, 1.)}
    save_checkpoint(runs[1], file)
    with pytest.raises(ValueError, match=r'real_crop \(0.4 there, 0.08 here\)'): load_checkpoint(runs[0], file)
    fresh = [distill(few, net, objective=FlowMatching(), steps=1, augs=1, real='paper', real_crop=crop).card
             for crop in (.08, 1.)]
    assert fresh[0]['loss'] != fresh[1]['loss'] and fresh[1]['settings']['real_crop']==1

@pytest.mark.parametrize('objective', OBJECTIVES, ids=repr)
def test_one_view_of_equal_images(objective, few, tiny):
    "Without augmentation and with levels that are all alike, all features are equal at the first step."
    settings = Settings(steps=1, augs=1, views=1, augment=False, pyramid=False)
    run = Distiller(few, open_backbone(tiny), settings, objective, frames=0)
    for level in run.pyramid.levels: level.data.zero_()
    next(run)
    assert all(p.grad.isfinite().all() for p in run.pyramid.parameters())

def test_flows_are_the_default(few, tiny):
    "The default objective and the flows of the class means make the same images, up to rounding."
    def images(objective):
        settings = Settings(steps=5, augs=2, ipc=2, views=1, grow_every=2)
        run = Distiller(few, open_backbone(tiny), settings, objective, frames=0)
        list(run)
        return run.images()
    ours, default = images(FlowMatching()), images(GradientMatching())
    assert (ours - default).abs().max() < 1e-3

def test_fresh_images_have_no_covariance(few, tiny):
    backbone, settings = open_backbone(tiny), Settings(steps=1, real='paper')
    for objective in (WhitenedMeans(), GradientMatching() + WhitenedMeans()):
        with pytest.raises(ValueError, match="use real='bank'"): Distiller(few, backbone, settings, objective)
    next(Distiller(few, backbone, settings, FlowMatching() + OrthogonalMatching() + RidgeProbe()))

def test_a_path_is_that_of_the_same_rows(few, tiny, tmp_path):
    "Of a larger bank, rows are drawn once: a run that is resumed has the same path, and fresh images have none."
    backbone, file = open_backbone(tiny), tmp_path/'c.safetensors'
    settings = Settings(steps=6, augs=1, views=1, bank_rows=12)
    def run(): return Distiller(few, backbone, settings, PathMatching(4), frames=0)
    whole, begun = run(), run()
    list(whole)
    assert len(whole.sources[0].objective.known.kept)==1
    for _ in range(3): next(begun)
    save_checkpoint(begun, file)
    resumed = load_checkpoint(run(), file)
    list(resumed)
    assert torch.equal(resumed.images(), whole.images())
    for objective in (PathMatching(), WhitenedMeans(1.) + PathMatching()):
        with pytest.raises(ValueError, match="use real='bank'"):
            Distiller(few, backbone, Settings(steps=1, real='paper'), objective)

def test_a_bank_of_means_has_no_covariance(few, tiny):
    "A bank of means in the cache is completed; one that is passed cannot be."
    backbone, settings = open_backbone(tiny), Settings(steps=1, views=1)
    means = build_bank(few, backbone, views=1, keep='means')
    assert kept()==['means']
    with pytest.raises(ValueError, match="keep='all'"): Distiller(few, backbone, settings, WhitenedMeans(), means)
    next(Distiller(few, backbone, settings, WhitenedMeans()))
    assert kept()==['all']

def test_an_objective_belongs_to_a_checkpoint(few, tiny, tmp_path):
    "All parameters are part of it."
    class Stopped(Exception): pass
    def two(items, **kw):
        for i, item in enumerate(items):
            if kw.get('unit')=='step' and i==2: raise Stopped
            yield item
    file = tmp_path/'c.safetensors'
    def made(shrinkage, **kw):
        return distill(few, tiny, objective=WhitenedMeans(shrinkage), steps=6, augs=1, views=1, checkpoint=file,
                       checkpoint_every=1, **kw)
    with pytest.raises(Stopped): made(.6, progress=two)
    with pytest.raises(ValueError, match='objective'): made(.5)
    resumed = made(.6).images
    file.unlink(missing_ok=True)
    assert torch.equal(resumed, made(.6).images)

def test_the_weights_of_parts_are_computed_once(few, tiny, monkeypatch):
    "A step that solves for them anew takes longer, and waits for a GPU."
    solved, weights = [], DiscriminantMatching._weights
    def counted(self, *real):
        solved.append(self)
        return weights(self, *real)
    monkeypatch.setattr(DiscriminantMatching, '_weights', counted)
    settings = Settings(steps=3, augs=1, views=1, ipc=2)
    run = Distiller(few, open_backbone(tiny), settings, PartMatching(DiscriminantMatching()))
    for _ in run: pass
    assert len(solved)==1
