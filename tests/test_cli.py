"The commands: help, bad input, results on disk, kills and resumes."
import json, re, shutil, signal, sys
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.method.exchange import export_lgm
from conftest import (bars, BIN, ROOT, check_bars, check_report, half_written, interrupted, last_json, ok, run,
    run_forked, run_here, start_fresh, start_until, write_photographs)

OPTIONS = {
    'lgm-demo': ['--data', '--backbone', '--steps', '--out', '--report-on'],
    'lgm-distill': ['--data', '--backbone', '--out', '--ipc', '--steps', '--augs', '--real', '--seed', '--device',
        '--resume',
                    '--checkpoint-every', '--report', '--report-on', '--extend', '--json'],
    'lgm-probe': ['--backbone', '--protocol', '--seeds', '--json'],
    'lgm-compare': ['--backbones', '--baselines', '--report', '--json'],
    'lgm-bank': ['--data', '--backbone'],
    'lgm-transfer': ['--backbones', '--targets', '--data', '--out', '--baselines', '--cache', '--seeds', '--json'],
    'lgm-bias': ['--hard', '--backbone', '--seeds', '--json'],
    'lgm-sweep': ['--on', '--out', '--workers', '--retries', '--seeds', '--json'],
    'lgm-reproduce': ['--dry-run', '--machine', '--out', '--noise-mean', '--w-std', '--precision', '--json'],
    'lgm-doctor': ['--machine', '--device', '--hashes', '--names', '--json']}

@pytest.mark.parametrize('name', OPTIONS)
def test_help(name):
    said = ok(BIN/name, '--help').stdout
    assert not [o for o in OPTIONS[name] if o not in said]
    imports = ok(sys.executable, '-X', 'importtime', BIN/name, '--help').stderr
    assert 'fastcore' in imports and not re.search(r'\| +torch$', imports, re.M), 'help needs no torch'

MODULE = [sys.executable, '-m', 'lgm_nb']

def test_the_package_runs_every_command():
    "`python -m lgm_nb distill` is `lgm-distill`."
    settings = (ROOT/'settings.ini').read_text(encoding='utf-8')
    commands = re.findall(r'^ +lgm-(\w+)=', settings, re.M)
    said = ok(*MODULE, '--help').stdout
    assert sorted(re.findall(r'\w+', said.split('commands:')[1]))==sorted(commands)
    for name in commands: assert ok(*MODULE, name, '--help').stdout.startswith(f'usage: lgm-{name}'), name
    for args in (['nosuch'], []):
        done = run(*MODULE, *args)
        assert done.returncode==2 and 'distill' in done.stderr and 'Traceback' not in done.stderr

@pytest.mark.parametrize('args, names', [
    (['lgm-distill', '--data', 'nosuch', '--backbone', 'TINY', '--out', 'd'], ['data', 'nosuch']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'nosuch', '--out', 'd'], ['backbone', 'nosuch']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'TINY', '--out', 'd', '--ipc', '0'], ['ipc', '0']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'TINY', '--out', 'd', '--real', 'nosuch'],
        ['real', 'nosuch']),
    (['lgm-distill', '--backbone', 'TINY', '--out', 'd'], ['data']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'efficientnet-lit0'],
        ["Did you mean 'efficientnet-lite0'"]),
    (['lgm-distill', '--data', 'cifar10-mni', '--backbone', 'TINY'], ["Did you mean 'cifar10-mini'"]),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'TINY'], ['--out is missing']),
    (['lgm-distill', '--data', 'folder:nowhere', '--backbone', 'TINY'], ['folder:nowhere: no such folder']),
    (['lgm-distill', '--data', 'nosuch', '--backbone', 'TINY'], ['lgm-doctor --names lists all']),
    (['lgm-transfer', '--data', 'cifar10-mini', '--backbones', 'TINY', '--targets', 'tiny-can-vitt'],
        ["Did you mean 'tiny-can-vit'"]),
    (['lgm-demo', '--data', 'cifar-10', '--out', 'd'], ['--data cifar-10', 'caltech10-mini', 'lgm-distill']),
    (['lgm-probe', 'nosuch', '--backbone', 'TINY'], ['nosuch']),
    (['lgm-compare', 'nosuch', '--backbones', 'TINY'], ['nosuch']),
    (['lgm-probe', 'nosuch'], ['nosuch: no such folder']),
    (['lgm-compare', 'nosuch'], ['nosuch: no such folder']),
    (['lgm-bias', '.', '--hard', 'nosuch'], ['no card.json']),
    (['lgm-bank', '--data', 'nosuch'], ["'nosuch' is not known"]),
    (['lgm-transfer', '--data', 'cifar10-mini', '--protocol', 'x'], ["protocol: 'x'"]),
    (['lgm-distill', '--device', 'cuda7'], ["'cuda7' is not a device"]),
    (['lgm-distill', '--export', 'zip'], ["--export zip: must be 'lgm'"]),
    (['lgm-distill', '--steps', 'abc'], ["error: --steps: 'abc' is not a whole number"]),
    (['lgm-probe', '--dta', 'x'], ['error: --dta: there is no such option; did you mean --data?'])])
def test_bad_input(args, names, tiny, tmp_path):
    "Exit code 2, and a message, not a traceback, that names the argument and its value."
    command,*args = [tiny if a=='TINY' else a for a in args]
    done = run_here(command, *args, cwd=tmp_path)
    assert done.returncode==2, done.stderr
    assert not [n for n in names if n not in done.stderr] and 'Traceback' not in done.stderr
    assert not (tmp_path/'d'/'distilled.safetensors').exists()

def test_doctor(tmp_path, monkeypatch):
    "All that a bug report needs in one line of JSON; nothing is written, and a mirror that is not there is said."
    for name, folder in dict(LGM_NB_WEIGHTS='mirror', LGM_NB_CACHE='cache').items():
        monkeypatch.setenv(name, str(tmp_path/folder))
    monkeypatch.setenv('HF_HUB_OFFLINE', '1')
    report = last_json(ok('lgm-doctor', '--machine', 'laptop', '--json', cwd=tmp_path, run=run_here))
    assert report['versions']['torch'] and report['devices'][0]['memory'] > report['devices'][0]['free'] > 0
    assert report['hub']=={'address': 'https://huggingface.co', 'reachable': False, 'why': 'HF_HUB_OFFLINE is set'}
    assert report['cache']['folder']==str(tmp_path/'cache') and report['cache']['free'] > 0
    assert 'no folder at' in report['weights']['dinov2-vit-b14'] and not list(tmp_path.iterdir())
    said = ok('lgm-doctor', '--machine', 'laptop', cwd=tmp_path, run=run_here).stdout
    assert said.count('LGM_NB_WEIGHTS: no folder at')==1 and f"no folder {tmp_path/'data'}" in said
    assert report['tables']['spurious']['lacks_data']==['spawrious', 'waterbirds']
    plan = last_json(ok('lgm-reproduce', 'spurious', '--dry-run', '--machine', 'laptop', '--json', run=run_here))
    total = plan['rows'][-1][plan['columns'].index('total')]
    from lgm_nb.scale.cost import duration
    assert duration(report['tables']['spurious']['seconds'])==total, 'the same as the plan of lgm-reproduce'
    names = last_json(ok('lgm-doctor', '--names', '--json', run=run_here))
    assert 'caltech10-mini' in names['data'] and 'dinov2-vit-b14' in names['backbones']
    assert 'caltech10-mini' in (said := ok('lgm-doctor', '--names', run=run_here).stdout) and 'dinov2-vit-b14' in said
    monkeypatch.setenv('LGM_NB_WEIGHTS', '')
    done = ok('lgm-doctor', '--hashes', tmp_path/'SHA256SUMS', '--json', cwd=tmp_path, run=run_here)
    assert 'the hub was not asked: HF_HUB_OFFLINE is set' in done.stderr
    found = last_json(done)
    written = (tmp_path/'SHA256SUMS').read_text()
    assert 'vit-b-300ep.pth.tar' in found['unknown'] and found['hashes']['dinov2_vitb14_pretrain.pth'] in written
    said = run_here('lgm-doctor', '--machine', 'abacus')
    assert said.returncode==2 and "machine: 'abacus'" in said.stderr

@pytest.fixture(scope='module')
def distill(tiny, own_data):
    "A function that gives the words of a command."
    args = (BIN/'lgm-distill', '--data', own_data, '--backbone', tiny, '--augs', 2, '--device', 'cpu')
    return lambda out, *more: [*args, '--out', out, *more]

@pytest.fixture(scope='module')
def distilled(distill, tmp_path_factory):
    "A short distillation: six steps teach nothing, but write everything."
    out = tmp_path_factory.mktemp('runs')/'short'
    ok(*distill(out, '--steps', 6), run=run_here)
    return out

def test_distill_writes(distilled, tiny):
    images = load_file(distilled/'distilled.safetensors')['images']
    assert images.shape[:2]==(3, 3) and images.min() >= 0 and images.max() <= 1
    assert len(list((distilled/'images').glob('*.png')))==3
    assert tiny in json.dumps(json.loads((distilled/'card.json').read_text(encoding='utf-8')))

def test_probe(distilled, own_data, tiny):
    command = ['lgm-probe', distilled, '--data', own_data, '--backbone', tiny, '--protocol', 'fast', '--seeds', 2]
    score = last_json(ok(*command, '--json', run=run_here))
    assert 0 <= score['top1_mean'] <= 100

def test_ridge(distilled, own_data, tiny):
    "Both commands know the protocol, name it in what they print, and agree."
    ridge = ['--data', own_data, '--protocol', 'ridge', '--seeds', 2]
    score = last_json(ok('lgm-probe', distilled, '--backbone', tiny, *ridge, '--json', run=run_here))
    compare = ['lgm-compare', distilled, '--backbones', tiny, *ridge, '--baselines']
    report = last_json(ok(*compare, 'random,centroid,neighbour,full', '--json', run=run_here))
    check_report(report, tiny)
    assert score['protocol']==report['protocol']=='ridge'
    assert score['top1_mean']==report['rows']['distilled'][tiny]['top1_mean']
    assert 'protocol ridge' in ok(*compare, 'random', run=run_here).stdout
    wrong = run_here('lgm-probe', distilled, '--data', own_data, '--backbone', tiny, '--protocol', 'kernel')
    assert wrong.returncode==2 and 'protocol' in wrong.stderr

def test_compare(distilled, own_data, tiny):
    command = ['lgm-compare', distilled, '--data', own_data, '--backbones', tiny, '--baselines', 'random,centroid']
    report = last_json(ok(*command, '--json', run=run_here))
    check_report(report, tiny)
    assert set(report['rows'])=={'distilled', 'random', 'centroid'}

def test_several_backbones(tiny, own_data, tmp_path):
    "Made for two, killed, resumed, repeated from its card, and reported with a third that is not seen."
    other, unseen = 'tiny-simclr-resnet', 'tiny-dino-resnet'
    def args(out, names): return ['lgm-distill', '--data', own_data, '--backbone', names, '--augs', 1, '--out', out]
    pair = [*args(tmp_path/'pair', f'{tiny},{other}'), '--steps', 6, '--source-weights', '2,1', '--sources-per-step', 1]
    ok(*pair, '--report-on', unseen, run=run_here)
    card = json.loads((tmp_path/'pair'/'card.json').read_text(encoding='utf-8'))
    assert card['backbone']['name']==f'{tiny} + {other}'
    assert [(b['name'], b['weight']) for b in card['backbones']]==[(tiny, .6667), (other, .3333)]
    assert (card['settings']['source_weights'], card['settings']['sources_per_step'])==([2, 1], 1)
    report = json.loads((tmp_path/'pair'/'report.json').read_text(encoding='utf-8'))
    assert report['sources']==[tiny, other] and set(report['rows']['distilled'])=={tiny, other, unseen}
    page = (tmp_path/'pair'/'report.html').read_text(encoding='utf-8')
    assert f'{other} (seen)' in page and f'{unseen} (seen)' not in page
    assert 'already finished' in ok(*pair, '--resume', run=run_here).stderr
    refused = run_here(*args(tmp_path/'pair', tiny), '--resume')
    assert refused.returncode==2 and f'backbone ({tiny} + {other} there, {tiny} here)' in refused.stderr
    again = ['lgm-distill', '--data', own_data, '--from-card', tmp_path/'pair'/'card.json', '--out', tmp_path/'again']
    ok(*again, run=run_here)
    one, two = (load_file(tmp_path/n/'distilled.safetensors')['images'] for n in ('pair', 'again'))
    assert (one==two).all()

@pytest.mark.parametrize('more, names', [
    (['--backbone', 'TINY,TINY'], 'TINY is given twice'),
    (['--backbone', 'TINY,nosuch'], 'nosuch'),
    (['--backbone', 'TINY,tiny-simclr-resnet', '--source-weights', '1'],
        'source_weights: [1.0]; 2 backbones need 2 weights'),
    (['--backbone', 'TINY', '--source-weights', 'a,b'], '--source-weights a,b: must be numbers'),
    (['--backbone', 'TINY', '--source-weights', '0'], 'source_weights: 0.0'),
    (['--backbone', 'TINY', '--sources-per-step', '2'], 'sources_per_step: 2; the run has 1 backbone'),
    (['--backbone', 'TINY,tiny-simclr-resnet', '--weights', 'w'], '--weights w: 1 for 2 backbones')])
def test_several_backbones_gone_wrong(more, names, tiny, own_data, tmp_path):
    more = [a.replace('TINY', tiny) for a in more]
    done = run_here('lgm-distill', '--data', own_data, '--out', tmp_path/'d', *more)
    assert done.returncode==2 and names.replace('TINY', tiny) in done.stderr, done.stderr
    assert not (tmp_path/'d'/'distilled.safetensors').exists() and 'Traceback' not in done.stderr

def sections(page): return re.findall('<h2>(.*?)</h2>', page.read_text(encoding='utf-8'))

def test_report_of_ones_own_photographs(tiny, tmp_path):
    "From a folder to a page in one command; class names in any script give distinct file names."
    names, out = ['apfel', 'äpfel', '犬', '猫'], tmp_path/'out'
    photos = write_photographs(tmp_path/'photos', names, 6, 'jpg')
    args = [BIN/'lgm-distill', '--data', f'folder:{photos}', '--backbone', tiny, '--augs', 2, '--steps', 6, '--device',
        'cpu', '--out', out]
    said = last_json(ok(*args, '--report', '--json', run=run_here))
    assert said['report']==str(out/'report.html') and set(said['rows'])=={'distilled', 'random', 'centroid',
        'neighbour', 'full'}
    assert sorted(p.name for p in (out/'images').iterdir())==[f'{i}_{n}.png' for i, n in enumerate(names)]
    check_report(json.loads((out/'report.json').read_text(encoding='utf-8')), tiny)
    page = (out/'report.html').read_text(encoding='utf-8')
    assert len(sections(out/'report.html'))==4 and '猫' in page and not re.search(r'(?:src|href)="(?:https?:)?//', page)
    rows = json.loads((out/'report.json').read_text(encoding='utf-8'))['rows']
    top1 = {kind: f"{rows[kind][tiny]['top1_mean']:.0f} %" for kind in rows}
    assert f"4 distilled images reach {top1['distilled']}, 4 random real images {top1['random']}" in page
    assert f"real images {top1['full']} (probe on {tiny}, protocol fast). 4 test images: " in page
    assert page.count('points only')==1
    before = sections(out/'report.html')
    (out/'report.html').unlink()
    printed = ok(*args, '--resume', '--report-on', tiny, run=run_here).stdout
    assert f"4 distilled images reach {top1['distilled']}, " in printed
    assert sections(out/'report.html')==before, 'film and losses of a finished run were lost'
    elsewhere = ['lgm-compare', out, '--backbones', tiny, '--data', f'folder:{photos}', '--protocol', 'ridge']
    ok(*elsewhere, '--baselines', 'random', '--seeds', 2, '--report', tmp_path/'elsewhere', run=run_here)
    assert sections(tmp_path/'elsewhere'/'report.html')==before, 'the report was written beside the set'

def test_report_of_a_set_that_was_distilled_without_one(distill, distilled):
    "There is no film, but everything else."
    ok(*distill(distilled, '--steps', 6, '--resume', '--report'), run=run_here)
    assert len(sections(distilled/'report.html'))==3 and not (distilled/'evolution.gif').exists()

def test_report_on_a_wrong_name_fails_before_the_work(distill, tmp_path):
    done = run_here(*distill(tmp_path/'out', '--steps', 6, '--report-on', 'nosuch'))
    assert done.returncode==2 and 'nosuch' in done.stderr and not (tmp_path/'out').exists()

def test_a_gpu_that_is_not_there(distill, tmp_path):
    "One line that names the argument, the value and what would work."
    done = run_here(*distill(tmp_path/'out', '--steps', 6, '--device', 'cuda:99'))
    [line] = done.stderr.strip().splitlines()
    assert done.returncode==2 and all(word in line for word in ('device', 'cuda:99', "'cpu'"))

def test_compare_moves_within_a_row(distilled, own_data, tiny, monkeypatch):
    monkeypatch.setenv('TQDM_MININTERVAL', '0') # so little data is read between two showings of a bar
    command = [BIN/'lgm-compare', distilled, '--data', own_data, '--backbones', tiny, '--baselines', 'random']
    check_bars(ok(*command, '--seeds', 2, run=run_forked).stderr, 'probe', 2)

def test_every_bar_ends_full(own_data, tiny, tmp_path):
    done = ok('lgm-bank', '--data', own_data, '--backbone', tiny, '--views', 2, '--out', tmp_path/'bank', run=run_here)
    [(_, counts, total)] = bars(done.stderr)
    assert counts[-1]==total > 1, counts

def test_crops_of_real_images(own_data, tiny, tmp_path, monkeypatch):
    "A run finds the bank that was built with the same crops."
    monkeypatch.setenv('LGM_NB_CACHE', str(tmp_path/'cache'))
    both = ['--data', own_data, '--backbone', tiny, '--device', 'cpu', '--views', 1, '--real-crop']
    built = last_json(ok('lgm-bank', *both, .4, '--json', run=run_here))
    assert built['augmentation']['scale']==[.4, 1]
    ok('lgm-distill', *both, .4, '--augs', 1, '--steps', 1, '--out', tmp_path/'out', run=run_here)
    assert DistilledSet.load(tmp_path/'out').card['settings']['real_crop']==.4
    assert len([*tmp_path.glob('cache/banks/*/bank.json')])==1
    for command in 'lgm-bank', 'lgm-distill':
        done = run_here(command, *both, 1.5, '--out', tmp_path/'none')
        assert done.returncode==2 and 'real_crop: 1.5; must be above 0 and at most 1' in done.stderr, done.stderr
    assert not (tmp_path/'none').exists()

LONG = ['--steps', 120, '--checkpoint-every', 5]

def start_until_checkpoint(args, out, **how): return start_until((out/'checkpoint.safetensors').exists, *args, **how)

@pytest.fixture(scope='module')
def uninterrupted(distill, tmp_path_factory):
    "The images of a run that was not interrupted."
    out = tmp_path_factory.mktemp('runs')/'whole'
    ok(*distill(out, *LONG), run=run_forked)
    return load_file(out/'distilled.safetensors')['images']

def test_killed_run_resumes_bit_identical(distill, tmp_path, uninterrupted):
    out = tmp_path/'killed'
    process = start_until_checkpoint(distill(out, *LONG), out, start=start_fresh)
    process.kill()
    process.communicate()
    assert process.returncode==-signal.SIGKILL and not (out/'distilled.safetensors').exists()
    ok(*distill(out, *LONG, '--resume'), run=run_here)
    assert load_file(out/'distilled.safetensors')['images'].tobytes()==uninterrupted.tobytes()

def test_interrupt_saves(distill, tmp_path, uninterrupted):
    "Ctrl-C exits with 130, as a shell expects, and the run that it saved can be resumed."
    out = tmp_path/'interrupted'
    process = start_until_checkpoint(distill(out, *LONG), out)
    assert interrupted(process).strip().endswith('continue with --resume')
    assert not half_written(tmp_path)
    with safe_open(out/'checkpoint.safetensors', 'numpy') as saved: assert list(saved.keys())
    ok(*distill(out, *LONG, '--resume'), run=run_here)
    assert load_file(out/'distilled.safetensors')['images'].tobytes()==uninterrupted.tobytes()

@pytest.mark.parametrize('name', ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGXCPU'])
def test_other_signals_save_too(distill, tmp_path, name):
    "A job scheduler's signal ends a run with its own exit code, and the run can be resumed."
    out, number = tmp_path/'out', getattr(signal, name)
    process = start_until_checkpoint(distill(out, '--steps', 2000, '--checkpoint-every', 5), out)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    assert process.returncode==128 + number and said.strip().endswith('continue with --resume'), said
    assert not half_written(tmp_path)
    with safe_open(out/'checkpoint.safetensors', 'numpy') as saved: assert 'level.0' in saved.keys()

def test_a_closed_pipe_does_not_end_a_run(distill, tmp_path):
    "Whoever reads the bars may go away."
    args = ' '.join(f"'{a}'" for a in distill(tmp_path/'out', '--steps', 30))
    ok('bash', '-c', f'{args} 2>&1 >/dev/null | head -c 10 >/dev/null')
    assert (tmp_path/'out'/'card.json').is_file()

@pytest.mark.parametrize('args, words', [
    (['lgm-distill', '--data', 'cifar10-mini:x', '--backbone', 'TINY', '--out', 'd'], ['cifar10-mini:x']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'TINY', '--out', 'd', '--steps', str(2**63)], ['steps']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'TINY', '--out', 'd', '--seed', str(2**32)], ['seed']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'TINY', '--out', 'd', '--seed', '-1'], ['seed']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'TINY', '--out', 'd', '--lr', 'nan'], ['lr']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'TINY', '--out', 'd', '--export', 'zip'], ['zip']),
    (['lgm-compare', 'SET', '--backbones', ''], ['backbones']),
    (['lgm-compare', 'SET', '--backbones', ','], ['backbones']),
    (['lgm-transfer', '--data', 'cifar10-mini', '--backbones', ',', '--out', 'd'], ['backbones'])])
def test_one_line_for_a_bad_value(args, words, tiny, distilled, tmp_path):
    names = dict(TINY=tiny, SET=str(distilled))
    done = run_here(*(names.get(a, a) for a in args), cwd=tmp_path)
    [line] = done.stderr.strip().splitlines()
    assert done.returncode==2 and all(word in line for word in words), line
    assert not list(tmp_path.iterdir())

def test_a_run_is_repeated_from_its_card(distilled, own_data, tmp_path):
    card = distilled/'card.json'
    command = ['lgm-distill', '--from-card', card, '--data', own_data, '--device', 'cpu', '--out', tmp_path/'again']
    ok(*command, run=run_here)
    one, two = (load_file(f/'distilled.safetensors')['images'].tobytes() for f in (distilled, tmp_path/'again'))
    assert one==two
    for more, words in (([], f'--data {own_data}'), (['--data', own_data, '--steps', 3], '--steps')):
        done = run_here('lgm-distill', '--from-card', card, '--out', tmp_path/'other', *more)
        assert done.returncode==2 and words in done.stderr and not (tmp_path/'other').exists()

@pytest.mark.parametrize('command', [['lgm-probe', '--backbone'], ['lgm-compare', '--backbones']])
def test_a_card_does_not_choose_a_folder(distilled, own_data, tiny, command):
    "A card may be a stranger's; the message says what to add, and that works."
    done = run_here(command[0], distilled, command[1], tiny)
    assert done.returncode==2 and f'--data {own_data}' in done.stderr and len(done.stderr.strip().splitlines())==1

def test_damaged_sets(distilled, tiny, tmp_path):
    "Images and labels that are no set, or not those of the card, are refused in one line."
    whole = load_file(distilled/'distilled.safetensors')
    wrong = dict(images=whole['images']*255, labels=whole['labels'])
    for tensors, words in ((wrong, 'copy both again'), (dict(images=whole['images']), 'copy both again')):
        folder = shutil.copytree(distilled, tmp_path/words/str(len(tensors)))
        save_file(tensors, folder/'distilled.safetensors')
        done = run_here('lgm-probe', folder, '--backbone', tiny)
        assert done.returncode==2 and words in done.stderr and len(done.stderr.strip().splitlines())==1

def test_sets_from_elsewhere(distill, distilled, own_data, tiny, tmp_path):
    "What we export for the authors' code, and the PNG files alone, are read with the accuracy of the set itself."
    def top1(folder):
        command = ['lgm-probe', folder, '--data', own_data, '--backbone', tiny, '--seeds', 2, '--json']
        return last_json(ok(*command, run=run_here))['top1_mean']
    ok(*distill(distilled, '--steps', 6, '--resume', '--export', 'lgm'), run=run_here)
    (tmp_path/'theirs').mkdir()
    (distilled/'data.pth').rename(tmp_path/'theirs'/'data.pth')
    assert top1(tmp_path/'theirs')==top1(distilled)
    top1(distilled/'images') # the same images in 8 bits a channel:
    whole, classes = DistilledSet.load(distilled), open_dataset(own_data).classes
    pngs = DistilledSet.load(distilled/'images', classes)
    assert (pngs.images - whole.images).abs().max() <= .501/255 and pngs.labels.tolist()==whole.labels.tolist()
    done = run_here('lgm-probe', tmp_path/'theirs', '--backbone', tiny)
    assert done.returncode==2 and '--data' in done.stderr

@pytest.fixture(scope='module', params=['data.pth', 'a-folder'])
def theirs(request, distilled, tmp_path_factory):
    "The images of the set as others share theirs; only how to test them is known."
    place = tmp_path_factory.mktemp('theirs')/request.param
    if request.param=='a-folder': return shutil.copytree(distilled/'images', place)
    made = DistilledSet.load(distilled)
    export_lgm(made.images, made.labels, place)
    return place

@pytest.fixture
def report(own_data, tiny):
    "A function that compares a set, writes its report and returns what the command did."
    def compare_set(of, into, *more):
        words = ['--data', own_data, '--backbones', tiny, '--baselines', 'random,full', '--protocol', 'ridge']
        return run_here('lgm-compare', of, *words, '--seeds', 2, '--report', into, *more)
    return compare_set

def cells(page): return re.findall('<t[hd]>([^<]*)</t[hd]>', page.read_text(encoding='utf-8'))

def test_a_report_of_images_from_elsewhere(theirs, report, photos, tiny, tmp_path):
    "It has the table that was printed and says what is known; a second one replaces it."
    done = report(theirs, tmp_path/'out')
    assert done.returncode==0 and 'Traceback' not in done.stderr, done.stderr
    page, told = tmp_path/'out'/'report.html', f'3 images from {theirs.name}, tested on {photos.name}.'
    assert f'images from {theirs.name}; protocol ridge' in done.stdout and 'unknown' not in done.stdout
    assert done.stdout.strip().endswith(f'{page}: open it in a browser')
    assert cells(page)[1]==tiny and all(cell in done.stdout for cell in cells(page))
    text = page.read_text(encoding='utf-8')
    assert f'<p>{told}</p>' in text and 'unknown' not in text and '<b>centroid</b>' not in text
    said = last_json(report(theirs, tmp_path/'out', '--json'))
    assert said['report']==str(page) and set(said['rows'])=={'distilled', 'random', 'full'}
    assert json.loads((tmp_path/'out'/'report.json').read_text(encoding='utf-8'))['rows']==said['rows']
    shown = [f"{row[tiny]['top1_mean']:.1f} ± {row[tiny]['top1_std']:.1f}" for row in said['rows'].values()]
    assert [cell.removesuffix(' *') for cell in cells(page)[3::2]]==shown
    assert sorted(p.name for p in page.parent.iterdir())==['report.html', 'report.json']

def test_a_report_of_a_finished_set(distilled, report, theirs, tmp_path):
    "Beside the set, which lists it, or elsewhere; images from elsewhere do not get theirs beside it."
    own = shutil.copytree(distilled, tmp_path/'own')
    for into in (own, own, tmp_path/'out'):
        assert report(own, into).returncode==0
        assert sections(into/'report.html')[-2:]==['Meta-loss', 'How this was made']
    assert {'report.html', 'report.json'} <= set(json.loads((own/'card.json').read_text(encoding='utf-8'))['files'])
    before = (own/'report.html').read_bytes()
    done = report(theirs, own)
    assert done.returncode==2 and f'--report: {own} holds card.json, of another set' in done.stderr
    assert (own/'report.html').read_bytes()==before

@pytest.mark.parametrize('name', ['report.html', 'report.json'])
def test_a_report_replaces_no_other_file(theirs, report, photos, tmp_path, name):
    "This is refused before the work: a file of that name, a page that was edited, a folder of photographs."
    (tmp_path/'other').mkdir()
    (tmp_path/'other'/name).write_text('mine')
    assert report(theirs, tmp_path/'edited').returncode==0
    with (tmp_path/'edited'/name).open('a') as file: file.write(' mine')
    for into, words in (('other', f'holds {name}'), ('edited', 'lgm_nb did not write'), (photos/'bird', 'overlaps')):
        done = report(theirs, tmp_path/into)
        [line] = done.stderr.strip().splitlines()
        assert done.returncode==2 and line.startswith('error: --report: ') and words in line and not done.stdout
    assert (tmp_path/'other'/name).read_text()=='mine' and not (photos/'bird'/'report.html').exists()

def test_a_table_outlives_its_report(distilled, report, tmp_path, monkeypatch):
    "What was computed is printed even if the page cannot be written."
    def full(*args, **options): raise OSError(28, 'No space left on device', 'report.html')
    monkeypatch.setattr('lgm_nb.views.report.write_report', full)
    done = report(distilled, tmp_path/'out', '--json')
    assert done.returncode==1 and 'make room there' in done.stderr
    assert 'report' not in last_json(done) and 'full' in last_json(done)['rows']

def test_the_objective_by_name(tiny, own_data, photos, tmp_path):
    "A card brings its objective, and so does the checkpoint of a run that is resumed, with its settings."
    from lgm_nb import Distiller, GradientMatching, Settings, TotalVariation, open_backbone, open_dataset
    from lgm_nb.method.runs import save_checkpoint
    out, plain = tmp_path/'flow', ['--data', own_data, '--backbone', tiny, '--device', 'cpu', '--augs', 1, '--views', 1]
    ok('lgm-distill', *plain, '--steps', 3, '--objective', 'FlowMatching+.5*TotalVariation', '--out', out, run=run_here)
    assert DistilledSet.load(out).card['method']=='FlowMatching() + 0.5*TotalVariation()'
    ok('lgm-distill', '--from-card', out/'card.json', '--data', own_data, '--out', tmp_path/'again', run=run_here)
    first, again = (load_file(f/'distilled.safetensors')['images'] for f in (out, tmp_path/'again'))
    assert (first==again).all()
    for more, words in (([*plain, '--objective', 'RidgeProbe', '--resume'], 'other objective (FlowMatching() + 0.5*'),
                        ([*plain, '--objective', 'Flow', '--resume'], "--objective: 'Flow'; must be one of Discrimi"),
                        (['--from-card', out/'card.json', '--objective', 'FlowMatching'], 'already decides it')):
        done = run_here('lgm-distill', *more, '--out', out)
        assert done.returncode==2 and words in done.stderr, done.stderr
    settings = Settings(steps=3, augs=1, views=1, noise_std=.2, lr_decay=False) # no option sets these
    begun = Distiller(open_dataset(own_data), open_backbone(tiny), settings, GradientMatching() + .1*TotalVariation())
    next(begun)
    save_checkpoint(begun, tmp_path/'begun'/'checkpoint.safetensors')
    ok('lgm-distill', *plain, '--steps', 3, '--resume', '--out', tmp_path/'begun', run=run_here)
    card = DistilledSet.load(tmp_path/'begun').card
    assert card['method']==repr(begun.sources[0].objective) and card['settings']['noise_std']==.2
