"`lgm-distill --extend`: from folder to folder, refusals, kills, several processes, sets of earlier versions."
import json, shutil, signal
from pathlib import Path
import pytest, torch
from conftest import BIN, half_written, interrupted, last_json, ok, run_here, start_team, start_until, write_photographs
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.method.extend import extend
from lgm_nb.method.meta_loss import GradientMatching
from lgm_nb.method.objectives import RidgeProbe, WhitenedMeans
from lgm_nb.method.runs import distill
from reliability.place import hashes

NAMES = ['airplane', 'automobile', 'bird', 'cat', 'deer'] # the photographs `photos` have the first three

@pytest.fixture(scope='module')
def more(tmp_path_factory):
    "The photographs of five classes, and of the last two alone."
    folder = tmp_path_factory.mktemp('more')
    write_photographs(folder/'all', NAMES)
    for name in NAMES[3:]: shutil.copytree(folder/'all'/name, folder/'new'/name)
    return folder

@pytest.fixture(scope='module')
def base(tiny, own_data, tmp_path_factory):
    "A finished set of three classes with settings of its own."
    out = tmp_path_factory.mktemp('base')/'set'
    args = ['lgm-distill', '--data', own_data, '--backbone', tiny, '--augs', 1, '--views', 1, '--device', 'cpu']
    ok(*args, '--steps', 4, '--objective', 'WhitenedMeans', '--out', out, run=run_here)
    return out

@pytest.fixture(scope='module')
def command(base, more):
    "A function that gives the words of a command."
    args = [BIN/'lgm-distill', '--extend', base, '--data', f'folder:{more/"all"}', '--device', 'cpu']
    return lambda out, *words: [*args, '--out', out, *words]

@pytest.fixture(scope='module')
def made(command, base, tmp_path_factory):
    "The larger set, and a check that the smaller one is as it was."
    out, before = tmp_path_factory.mktemp('made')/'set', hashes(base)
    ok(*command(out), run=run_here)
    assert hashes(base)==before
    return out

def images(folder): return DistilledSet.load(folder).images

def test_a_set_grows_as_in_python(made, base, more):
    old, new = DistilledSet.load(base), DistilledSet.load(made)
    assert new.classes==NAMES and torch.equal(new.images[:3], old.images)
    assert torch.equal(new.images, extend(old, f'folder:{more/"all"}', device='cpu').images)
    entry = new.card['history'][1]
    assert [entry[k] for k in ('what', 'classes', 'beside', 'step')]==['extended', NAMES[3:], 'real images', 4]
    assert entry['method']==old.card['method'] and entry['settings']['augs']==1
    assert len(list((made/'images').glob('*.png')))==5 and not (made/'checkpoint.safetensors').exists()

def test_the_larger_set_is_probed(made, more, tiny):
    probe = 'lgm-probe', made, '--data', f'folder:{more/"all"}', '--backbone', tiny, '--protocol', 'ridge', '--json'
    assert last_json(ok(*probe, run=run_here))['top1_mean'] > 0

def test_without_real_images_of_the_old_classes(base, more, tmp_path):
    args = ['lgm-distill', '--extend', base, '--data', f'folder:{more/"new"}', '--out', tmp_path/'blind']
    done = run_here(*args, '--report')
    assert done.returncode==2 and f'--report: --data folder:{more/"new"} has no images of' in done.stderr
    assert not (tmp_path/'blind').exists()
    result = last_json(ok(*args, '--json', run=run_here))
    entry = DistilledSet.load(tmp_path/'blind').card['history'][1]
    assert entry['beside']=='statistics of real images'
    assert result==dict(out=str(tmp_path/'blind'), images=5, loss=entry['loss'], seconds=entry['seconds'])
    bare = shutil.copytree(base, tmp_path/'bare')
    (bare/'statistics.safetensors').unlink()
    ok(*args[:1], '--extend', bare, *args[3:5], '--out', tmp_path/'blinder', run=run_here)
    assert DistilledSet.load(tmp_path/'blinder').card['history'][1]['beside']=='distilled images'
    assert not images(tmp_path/'blinder')[3:].equal(images(tmp_path/'blind')[3:])

@pytest.mark.parametrize('objective', [None, GradientMatching(), .5*WhitenedMeans() + GradientMatching()])
def test_statistics_of_a_saved_set_do_as_well_as_its_photographs(objective, tiny, tmp_path):
    "The same losses and the same images, step by step; for two backbones as for one."
    data = open_dataset('cifar10-mini').subset(NAMES, per_class=8)
    names, how = [tiny, 'tiny-simclr-resnet'][:2 if objective is None else 1], dict(views=1, steps=3)
    distill(data.subset(NAMES[:3]), names, objective=objective, **how).save(tmp_path/'set')
    base = DistilledSet.load(tmp_path/'set')
    photographs, statistics = (extend(base, d, names, objective) for d in (data, data.subset(NAMES[3:])))
    beside = [m.card['history'][1]['beside'] for m in (photographs, statistics)]
    assert torch.equal(photographs.losses, statistics.losses) and torch.equal(photographs.images, statistics.images)
    assert beside==['real images', 'statistics of real images']
    [one, *_], [other, *_] = photographs.statistics, statistics.statistics
    assert one.n_classes==5 and one.class_means.equal(other.class_means)
    base.statistics = None
    blind = extend(base, data.subset(NAMES[3:]), names, objective)
    assert not torch.equal(blind.losses, photographs.losses) and blind.statistics is None

def test_features_are_drawn_for_an_objective_that_reads_them(tiny):
    "From the statistics of the old classes: the loss is near that of their photographs; they are kept for the next."
    data = open_dataset('cifar10-mini').subset(NAMES, per_class=40)
    base = distill(data.subset(NAMES[:3]), tiny, views=1, steps=2)
    def grown(d): return extend(base, d, tiny, RidgeProbe(), steps=2)
    photographs, statistics = grown(data), grown(data.subset(NAMES[3:]))
    assert statistics.card['history'][1]['beside']=='statistics of real images'
    base.statistics = None
    blind = grown(data.subset(NAMES[3:]))
    off = [abs(float(m.losses[0] - photographs.losses[0])) for m in (statistics, blind)]
    assert off[0] < .5*off[1], off
    [one], [other] = photographs.statistics, statistics.statistics
    assert one.n_classes==5 and torch.allclose(one.covariance, other.covariance, atol=1e-5) and blind.statistics is None

def test_statistics_follow_the_classes(tiny):
    "Through subset, remove, merge and soft labels; not where the photographs were augmented in another way."
    data = open_dataset('cifar10-mini').subset(NAMES, per_class=4)
    def made(classes, **more): return distill(data.subset(classes), tiny, views=1, steps=1, **more)
    a, b, others = made(NAMES[:3]), made(NAMES[3:]), (dict(noise_std=.2), dict(real_crop=.4))
    means = a.statistics[0].class_means
    assert a.remove(NAMES[1]).statistics[0].class_means.equal(means[[0, 2]])
    assert a.subset(NAMES[2::-1]).statistics[0].class_means.equal(means[[2, 1, 0]])
    [joined] = a.merge(b).statistics
    three, two = a.statistics[0].covariance, b.statistics[0].covariance
    assert joined.n_classes==5 and torch.allclose(joined.covariance, .6*three + .4*two, atol=1e-6)
    for other in others:
        assert a.merge(made(NAMES[3:], **other)).statistics is None
        entry = extend(a, data.subset(NAMES[3:]), tiny, **other).card['history'][1]
        assert entry['beside']=='distilled images'
    assert made(NAMES[:3], real='paper', objective=GradientMatching()).statistics is None

def test_report_and_export(command, tmp_path):
    "The page shows all images and says how long both runs took; the export has all images."
    out = tmp_path/'out'
    ok(*command(out, '--report', '--export', 'lgm', '--steps', 3), run=run_here)
    page = (out/'report.html').read_text(encoding='utf-8')
    assert '(4 + 3 steps)' in page and page.count('<figcaption>')==5 and (out/'evolution.gif').is_file()
    assert torch.load(out/'data.pth', weights_only=True)['images'].equal(images(out))

def test_a_report_later(command, made):
    "For a finished set, the same command writes the report that was not asked for."
    said = ok(*command(made, '--resume', '--report'), run=run_here)
    assert 'already finished' in said.stderr and (made/'report.html').is_file()

def test_a_second_extension(base, more, tmp_path):
    "Settings and objective are those of the first run, whatever the second one had."
    write_photographs(tmp_path/'photos', NAMES[:4])
    first = ['lgm-distill', '--extend', base, '--data', f'folder:{tmp_path/"photos"}', '--steps', 2]
    ok(*first, '--objective', 'GradientMatching', '--out', tmp_path/'four', run=run_here)
    second = ['lgm-distill', '--extend', tmp_path/'four', '--data', f'folder:{more/"all"}']
    ok(*second, '--out', tmp_path/'five', run=run_here)
    made = DistilledSet.load(tmp_path/'five')
    history = made.card['history']
    assert torch.equal(made.images[:4], images(tmp_path/'four')) and [e['step'] for e in history]==[4, 2, 4]
    assert [e['method'].partition('(')[0] for e in history]==['WhitenedMeans', 'GradientMatching', 'WhitenedMeans']

@pytest.mark.parametrize('words, said', [
    (['--out', 'BASE'], '--out BASE: overlaps the folder of --extend'),
    (['--out', 'BASE/images', '--overwrite'], 'overlaps the folder of --extend'),
    (['--preset', 'paper'], '--preset: cannot be combined with --extend'),
    (['--from-card', 'BASE/card.json', '--steps', 3], '--from-card: cannot be combined with --extend'),
    (['--ipc', 2], '--ipc 2: the set of --extend BASE has ipc 1'),
    (['--backbone', 'tiny-dino-resnet'], 'backbone: tiny-dino-resnet; the set was made with TINY'),
    (['--source-weights', '1,2'], 'source_weights: [1.0, 2.0]'),
    (['--weights', 'nowhere.pth'], 'nowhere.pth'),
    (['--data', 'OLD'], 'the set has all classes of'),
    (['--extend', 'nosuch'], '--extend nosuch has no card.json'),
    (['--extend', 'BASE/images'], 'BASE/images: has no card.json'),
    (['--extend', ''], "--extend '': is empty"),
    (['--resume', '--overwrite'], '--overwrite: cannot be combined with --resume')])
def test_refused_in_one_line(words, said, command, base, own_data, tiny, tmp_path):
    "Before anything is computed or written."
    def named(text): return str(text).replace('BASE', str(base)).replace('TINY', tiny).replace('OLD', own_data)
    before = hashes(base)
    done = run_here(*command(tmp_path/'out', *map(named, words)))
    [line] = done.stderr.strip().splitlines()
    assert done.returncode==2 and named(said) in line, line
    assert hashes(base)==before and not list(tmp_path.iterdir())

def test_an_objective_without_a_name(base, command, tmp_path):
    mine = DistilledSet.load(base)
    mine.card['method'] = 'Mine()'
    mine.save(tmp_path/'mine')
    done = run_here(*command(tmp_path/'out', '--extend', tmp_path/'mine'))
    assert done.returncode==2 and '--objective: not given' in done.stderr and 'Mine()' in done.stderr
    ok(*command(tmp_path/'out', '--extend', tmp_path/'mine', '--objective', 'FlowMatching'), run=run_here)

def test_what_is_in_the_folder(command, base, more, tiny, tmp_path):
    "A finished set is kept unless --overwrite replaces it, and belongs to its command."
    out, plain = tmp_path/'out', ['lgm-distill', '--data', f'folder:{more/"all"}', '--backbone', tiny, '--out']
    ok(*command(out, '--steps', 2), run=run_here)
    (out/'notes.txt').write_text('mine')
    before = hashes(out)
    for args, words in ((command(out, '--steps', 2), '--overwrite to replace it'),
                        (command(out, '--steps', 3, '--resume'), 'other steps (2 there, 3 here)'),
                        ([*plain, out, '--resume', '--report'], 'add --extend if that made it'),
                        (command(out, '--extend', out, '--resume'), '--out')):
        done = run_here(*args)
        assert done.returncode==2 and words in done.stderr, done.stderr
    assert 'already finished' in ok(*command(out, '--steps', 2, '--resume'), run=run_here).stderr
    assert hashes(out)==before
    ok(*command(out, '--steps', 3, '--overwrite'), run=run_here)
    assert DistilledSet.load(out).card['history'][1]['step']==3 and (out/'notes.txt').read_text()=='mine'
    ok(*plain, tmp_path/'plain', '--steps', 1, '--augs', 1, '--views', 1, run=run_here)
    done = run_here(*command(tmp_path/'plain', '--resume'))
    assert done.returncode==2 and f'that is not --extend {base} with further classes' in done.stderr

def test_test_images_that_were_training_images(tiny, tmp_path):
    "A folder whose first classes are the same holds out the same images of them; a class before them changes that."
    photos = write_photographs(tmp_path/'photos', NAMES[1:4])
    ok('lgm-distill', '--data', f'folder:{photos}', '--backbone', tiny, '--steps', 1, '--augs', 1, '--views', 1,
       '--out', tmp_path/'three', run=run_here)
    later = ['lgm-distill', '--extend', tmp_path/'three', '--data', f'folder:{photos}', '--out', tmp_path/'out']
    write_photographs(tmp_path/'photos', NAMES[4:])
    assert 'overstated' not in ok(*later, run=run_here).stderr
    write_photographs(tmp_path/'photos', NAMES[:1])
    assert 'overstated' in ok(*later, '--overwrite', run=run_here).stderr

LONG = '--steps', 120, '--checkpoint-every', 5

def test_killed_and_resumed(command, base, more, tmp_path):
    "Twice, and not beside other images; the result is bit-identical to that of a run without a kill."
    out, file, before = tmp_path/'killed', tmp_path/'killed'/'checkpoint.safetensors', hashes(base)
    for resume in ([], ['--resume']):
        had = file.read_bytes() if file.exists() else b''
        process = start_until(lambda: file.exists() and file.read_bytes() != had, *command(out, *LONG, *resume))
        process.kill()
        process.communicate()
        assert process.returncode==-signal.SIGKILL and not (out/'distilled.safetensors').exists()
    for words, said in (([], 'holds an unfinished run; add --resume'),
                        (['--resume', '--data', f'folder:{more/"new"}'], ', objective ('),
                        (['--resume', '--seed', 1], 'other')):
        done = run_here(*command(out, *LONG, *words))
        assert done.returncode==2 and said in done.stderr, done.stderr
    ok(*command(out, *LONG, '--resume'), run=run_here)
    ok(*command(tmp_path/'straight', *LONG), run=run_here)
    assert images(out).equal(images(tmp_path/'straight')) and hashes(base)==before
    assert not half_written(tmp_path) and not file.exists()

def test_interrupted(command, tmp_path):
    out = tmp_path/'out'
    process = start_until((out/'checkpoint.safetensors').exists, *command(out, *LONG))
    assert interrupted(process).strip().endswith('continue with --resume')
    assert not half_written(tmp_path)

def test_killed_between_the_set_and_its_checkpoint(command, tmp_path):
    "The checkpoint of the run that made the set is dropped; that of another run replaces the set."
    out, file, args = tmp_path/'out', tmp_path/'out'/'checkpoint.safetensors', ['--checkpoint-every', 1]
    seeds = {}
    for seed in (0, 1):
        process = start_until((tmp_path/str(seed)/'checkpoint.safetensors').exists,
                              *command(tmp_path/str(seed), *LONG, '--seed', seed))
        process.kill()
        process.communicate()
        seeds[seed] = (tmp_path/str(seed)/'checkpoint.safetensors').read_bytes()
    ok(*command(out, *LONG), run=run_here)
    before = images(out)
    file.write_bytes(seeds[0])
    assert 'already finished' in ok(*command(out, *LONG, *args, '--resume'), run=run_here).stderr
    assert not file.exists() and images(out).equal(before)
    file.write_bytes(seeds[1])
    ok(*command(out, *LONG, '--seed', 1, '--resume'), run=run_here)
    assert not file.exists() and not images(out)[3:].equal(before[3:]) and images(out)[:3].equal(before[:3])

def test_two_processes(command, made, tmp_path):
    "They share the new classes and write once."
    team = start_team(2, *command(tmp_path/'two'))
    said = [p.communicate() for p in team]
    assert not any(p.returncode for p in team) and ''.join(out for out, _ in said).count('→')==1, said
    two = DistilledSet.load(tmp_path/'two')
    assert (two.images - images(made)).abs().max() < 1e-5 and torch.equal(two.images[:3], images(made)[:3])

def test_for_two_backbones(own_data, more, tiny, tmp_path):
    other = 'tiny-simclr-resnet'
    ok('lgm-distill', '--data', own_data, '--backbone', f'{tiny},{other}', '--source-weights', '2,1', '--steps', 2,
       '--augs', 1, '--views', 1, '--out', tmp_path/'pair', run=run_here)
    longer = ['lgm-distill', '--extend', tmp_path/'pair', '--data', f'folder:{more/"all"}', '--out', tmp_path/'more']
    ok(*longer, run=run_here)
    entry = DistilledSet.load(tmp_path/'more').card['history'][1]
    assert [(b['name'], b['weight']) for b in entry['backbones']]==[(tiny, .6667), (other, .3333)]

def test_a_set_of_version_0_1_0(more, tmp_path):
    "The new classes are made as the old ones were: with noise, and without a falling rate."
    old = shutil.copytree(Path(__file__).parent/'versions'/'0.1.0'/'set', tmp_path/'old')
    before = hashes(old)
    ok('lgm-distill', '--extend', old, '--data', f'folder:{more/"new"}', '--out', tmp_path/'new', run=run_here)
    entry, card = DistilledSet.load(tmp_path/'new').card['history'][1], json.loads((old/'card.json').read_text())
    assert 'noise_std' not in card['settings']
    assert [entry['settings'][k] for k in ('noise_std', 'lr_decay')]==[.2, False]
    assert entry['method']==card['method'] and hashes(old)==before
