"The commands: help, bad input, results on disk, kills and resumes."
import json, re, signal, subprocess, sys, time
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file
from conftest import BIN, check_report, last_json, ok, run

OPTIONS = {
    'lgm-demo': ['--backbone', '--steps', '--out'],
    'lgm-distill': ['--data', '--backbone', '--out', '--ipc', '--steps', '--augs', '--real', '--seed', '--device', '--resume', '--checkpoint-every', '--json'],
    'lgm-probe': ['--backbone', '--protocol', '--seeds', '--json'],
    'lgm-compare': ['--backbones', '--baselines', '--json'],
    'lgm-bank': ['--data', '--backbone'],
    'lgm-reproduce': ['--dry-run', '--machine', '--out', '--noise-mean', '--w-std', '--json']}

@pytest.mark.parametrize('name', OPTIONS)
def test_help(name):
    said = ok(BIN/name, '--help').stdout
    assert not [o for o in OPTIONS[name] if o not in said]
    imports = ok(sys.executable, '-X', 'importtime', BIN/name, '--help').stderr
    assert 'fastcore' in imports and not re.search(r'\| +torch$', imports, re.M), 'help needs no torch'

@pytest.mark.parametrize('args, names', [
    (['lgm-distill', '--data', 'nosuch', '--backbone', 'TINY', '--out', 'd'], ['data', 'nosuch']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'nosuch', '--out', 'd'], ['backbone', 'nosuch']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'TINY', '--out', 'd', '--ipc', '0'], ['ipc', '0']),
    (['lgm-distill', '--data', 'cifar10-mini', '--backbone', 'TINY', '--out', 'd', '--real', 'nosuch'], ['real', 'nosuch']),
    (['lgm-distill', '--backbone', 'TINY', '--out', 'd'], ['data']),
    (['lgm-probe', 'nosuch', '--backbone', 'TINY'], ['nosuch']),
    (['lgm-compare', 'nosuch', '--backbones', 'TINY'], ['nosuch'])])
def test_bad_input(args, names, tiny, tmp_path):
    "Exit code 2, and a message, not a traceback, that names the argument and the value."
    command,*args = [tiny if a=='TINY' else a for a in args]
    done = run(BIN/command, *args, cwd=tmp_path)
    assert done.returncode==2, done.stderr
    assert not [n for n in names if n not in done.stderr] and 'Traceback' not in done.stderr
    assert not (tmp_path/'d'/'distilled.safetensors').exists()

def distill(tiny, out, *more):
    return [BIN/'lgm-distill', '--data', 'cifar10-mini', '--backbone', tiny, '--augs', 2, '--device', 'cpu', '--out', out, *more]

@pytest.fixture(scope='module')
def distilled(tiny, tmp_path_factory):
    "A short distillation: six steps teach nothing, but write everything."
    out = tmp_path_factory.mktemp('runs')/'short'
    ok(*distill(tiny, out, '--steps', 6))
    return out

def test_distill_writes(distilled, tiny):
    images = load_file(distilled/'distilled.safetensors')['images']
    assert images.shape[:2]==(10, 3) and images.min() >= 0 and images.max() <= 1
    assert len(list((distilled/'images').glob('*.png')))==10
    assert tiny in json.dumps(json.loads((distilled/'card.json').read_text(encoding='utf-8')))

def test_probe(distilled, tiny):
    score = last_json(ok(BIN/'lgm-probe', distilled, '--backbone', tiny, '--protocol', 'fast', '--seeds', 2, '--json'))
    assert 0 <= score['top1_mean'] <= 100

def test_compare(distilled, tiny):
    report = last_json(ok(BIN/'lgm-compare', distilled, '--backbones', tiny, '--baselines', 'random,centroid', '--json'))
    check_report(report, tiny)
    assert set(report['rows'])=={'distilled', 'random', 'centroid'}

LONG = ['--steps', 60, '--checkpoint-every', 5]

def start_until_checkpoint(args, out):
    "Start a run, and come back when it has left its first checkpoint but is still running."
    # A parent that was started in the background hands down an ignored SIGINT; a terminal would not.
    restore = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen([str(a) for a in args], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=restore)
    end = time.monotonic()+600
    while not (out/'checkpoint.safetensors').exists():
        assert process.poll() is None, f'ended before its first checkpoint: {process.stderr.read()}'
        assert time.monotonic() < end, 'no checkpoint'
        time.sleep(0.02)
    return process

@pytest.fixture(scope='module')
def uninterrupted(tiny, tmp_path_factory):
    "The images of a run that nobody disturbed."
    out = tmp_path_factory.mktemp('runs')/'whole'
    ok(*distill(tiny, out, *LONG))
    return load_file(out/'distilled.safetensors')['images']

def test_killed_run_resumes_bit_identical(tiny, tmp_path, uninterrupted):
    out = tmp_path/'killed'
    process = start_until_checkpoint(distill(tiny, out, *LONG), out)
    process.kill()
    process.communicate()
    assert process.returncode==-signal.SIGKILL and not (out/'distilled.safetensors').exists()
    ok(*distill(tiny, out, *LONG, '--resume'))
    assert load_file(out/'distilled.safetensors')['images'].tobytes()==uninterrupted.tobytes()

def test_interrupt_saves(tiny, tmp_path, uninterrupted):
    "Ctrl-C exits with 130, as a shell expects, and what it saved can be continued."
    out = tmp_path/'interrupted'
    process = start_until_checkpoint(distill(tiny, out, *LONG), out)
    process.send_signal(signal.SIGINT)
    _,errors = process.communicate(timeout=120)
    assert process.returncode==130 and 'Traceback' not in errors, errors
    with safe_open(out/'checkpoint.safetensors', 'numpy') as saved: assert list(saved.keys())
    ok(*distill(tiny, out, *LONG, '--resume'))
    assert load_file(out/'distilled.safetensors')['images'].tobytes()==uninterrupted.tobytes()
