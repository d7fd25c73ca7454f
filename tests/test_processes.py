"Several processes on one run: the same images as one, and a checkpoint when one of them is lost."
import atexit, functools, json, multiprocessing, os, signal, subprocess, sys, time
from pathlib import Path
import pytest
import torch
from torch.multiprocessing import start_processes
from safetensors.torch import load_file
from conftest import ok, run_here, start_team
from lgm_nb.data.dataset import from_arrays
from lgm_nb.data.open import open_dataset
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.method.meta_loss import GradientMatching, TotalVariation
from lgm_nb.method.objectives import WhitenedMeans
from lgm_nb.method.run_folder import read_checkpoint
from lgm_nb.core.processes import ProcessGroup, exchange_on_cpu, init_group, launch
from lgm_nb.scale.device_checks import run_checks
from lgm_nb.scale.noise_runs import SMALL_SIZES

def roll_call():
    team = ProcessGroup()
    assert team.gather(torch.full((team.rank + 1,), float(team.rank)), [1, 2]).tolist()==[0., 1., 1.]
    assert float(team.any(torch.tensor(float(team.rank))))==1
    assert float(team.sum(torch.tensor(float(team.rank + 1))))==3

def build_together(folder, tiny):
    from lgm_nb.backbones.open import open_backbone
    build_bank(open_dataset('cifar10-mini').subset(per_class=30), open_backbone(tiny), views=1, folder=folder)

def few():
    "Three classes, which two processes cannot share evenly, in a few images."
    full = open_dataset('cifar10-mini')
    def cut(split): return split.source[split.labels < 3][::10], split.labels[split.labels < 3][::10]
    return from_arrays(cut(full.train), cut(full.test))

def distil_together(folder, tiny, real, objective):
    from lgm_nb.method.runs import distill
    made = distill(few(), tiny, steps=6, augs=2, views=1, real=real, grow_every=1, chunk=3, objective=objective,
                   device='cpu')
    if ProcessGroup().rank==0: made.save(folder)

@pytest.fixture
def forked(monkeypatch):
    "Processes of `launch` are forked from one that has imported everything, which takes each of them five seconds."
    modules = ['timm.models.byobnet', 'timm.models.vision_transformer', 'lgm_nb.all', __name__]
    multiprocessing.get_context('forkserver').set_forkserver_preload(modules)
    monkeypatch.setattr(torch.multiprocessing, 'spawn', functools.partial(start_processes, start_method='forkserver'))

def choose_chunk(folder, tiny):
    "Note the chunk that a run chooses if 100 MiB of the machine are free."
    from lgm_nb.backbones.open import open_backbone
    from lgm_nb.method import sides
    from lgm_nb.method.distiller import Distiller
    from lgm_nb.method.settings import Settings
    sides.free_memory = lambda device: 100*2**20
    run = Distiller(few(), open_backbone(tiny), Settings(steps=1, augs=300, views=1))
    next(run)
    group = ProcessGroup()
    (folder/f'{group.size}-{group.rank}.json').write_text(json.dumps([run.sources[0].encoder.chunk, group.local_size]))

def hold_state(folder, tiny):
    "Note how many bytes this process keeps of what a checkpoint holds."
    from lgm_nb.backbones.open import open_backbone
    from lgm_nb.method.distiller import Distiller
    from lgm_nb.method.runs import _state_tensors
    from lgm_nb.method.settings import Settings
    run = Distiller(few(), open_backbone(tiny), Settings(steps=1, augs=1, views=1))
    next(run)
    held = sum(t.nbytes for t in _state_tensors(run).values() if t is not None)
    (folder/f'{ProcessGroup().rank}.json').write_text(json.dumps(held))

def leave(folder, tiny):
    "Note, as the process exits, which threads it still has."
    from lgm_nb.backbones.open import open_backbone
    def names(): return [f.read_text().strip() for f in Path('/proc/self/task').glob('*/comm')]
    open_backbone(tiny)
    roll_call()
    assert [n for n in names() if 'gloo' in n]
    atexit.register(lambda rank=ProcessGroup().rank: (folder/f'{rank}.json').write_text(json.dumps(names())))

def test_only_the_first_process_keeps_the_state_of_all(tiny, tmp_path, forked):
    "It writes the checkpoint; for a thousand images the state takes gigabytes."
    for folder in ('one', 'two'): (tmp_path/folder).mkdir()
    hold_state(tmp_path/'one', tiny)
    launch(hold_state, 2, tmp_path/'two', tiny, threads=1)
    alone, first, second = (json.loads((tmp_path/f'{name}.json').read_text()) for name in ('one/0', 'two/0', 'two/1'))
    assert first==alone > 0 and second==0

def test_processes_share_the_memory_of_a_machine(tiny, tmp_path, forked, monkeypatch):
    monkeypatch.setattr('lgm_nb.method.sides.free_memory', None) # put back by pytest after the run in this process
    choose_chunk(tmp_path, tiny)
    launch(choose_chunk, 2, tmp_path, tiny, threads=1)
    alone, first, second = (json.loads((tmp_path/f'{name}.json').read_text()) for name in ('1-0', '2-0', '2-1'))
    assert alone[1]==1 and first[1]==second[1]==2
    assert 2 <= first[0]==second[0] <= alone[0]/2 and alone[0] < 900 # views

@pytest.mark.skipif(not os.path.isdir('/proc/self/task'), reason='threads have names under /proc on Linux only')
def test_the_group_gathers_and_leaves_no_thread(tiny, tmp_path):
    "Tensors are gathered; and a thread that outlived the group would abort the process now and then, after its work."
    launch(leave, 2, tmp_path, tiny, threads=1)
    left = [json.loads(f.read_text()) for f in tmp_path.glob('*.json')]
    assert len(left)==2 and not [n for names in left for n in names if 'gloo' in n], left

def covariance_without_gloo(folder):
    "The covariance in a group that exchanges nothing on the CPU, like one of NCCL alone."
    from lgm_nb.method.feature_bank import FeatureBank, shared_covariance
    rank = ProcessGroup().rank
    torch.distributed.destroy_process_group()
    init_group('cuda:gloo', 60, init_method=f'file://{folder}/second', rank=rank, world_size=2)
    g = torch.Generator().manual_seed(0)
    assert ProcessGroup().size==2 and not exchange_on_cpu()
    bank = FeatureBank(torch.randn(40, 3, generator=g), torch.arange(40)%4, 4)
    torch.testing.assert_close(shared_covariance(bank), bank.covariance)

def test_a_group_of_nccl_alone_computes_the_covariance_in_each_process(tmp_path):
    launch(covariance_without_gloo, 2, tmp_path, threads=1)

def test_processes_fill_one_bank(forked, tiny, tmp_path):
    launch(build_together, 2, tmp_path/'two', tiny, threads=1)
    build_together(tmp_path/'one', tiny)
    one, two = (load_file(tmp_path/n/'features.safetensors') for n in ('one', 'two'))
    assert torch.equal(one['features'], two['features']) and torch.equal(one['labels'], two['labels'])
    names = sorted(p.name for p in (tmp_path/'two').iterdir())
    assert names==['bank.json', 'features.safetensors', 'means.safetensors']

@pytest.mark.parametrize('real, objective', [
    ('bank', GradientMatching() + .1*TotalVariation()), # reads the images too
    ('bank', WhitenedMeans()), # reads the covariance
    ('paper', GradientMatching(w_std=.01, centre=False))])
def test_two_equal_one(forked, tiny, tmp_path, real, objective):
    launch(distil_together, 2, tmp_path/'two', tiny, real, objective, threads=1)
    distil_together(tmp_path/'one', tiny, real, objective)
    one, two = (load_file(tmp_path/n/'distilled.safetensors')['images'] for n in ('one', 'two'))
    assert (one - two).abs().max() < 1e-5

def distil_pair(folder, tiny):
    from lgm_nb.method.runs import distill
    made = distill(few(), [tiny, 'tiny-simclr-resnet'], steps=5, augs=2, views=1, grow_every=1, source_weights=(2, 1),
                   objective=[GradientMatching() + .1*TotalVariation(), GradientMatching(centre=False)], device='cpu')
    if ProcessGroup().rank==0: made.save(folder)

def test_two_equal_one_on_two_backbones(forked, tiny, tmp_path):
    launch(distil_pair, 2, tmp_path/'two', tiny, threads=1)
    distil_pair(tmp_path/'one', tiny)
    one, two = (load_file(tmp_path/n/'distilled.safetensors')['images'] for n in ('one', 'two'))
    assert (one - two).abs().max() < 1e-5

def test_the_check_of_a_team(forked):
    "What `make gpu` checks, on the CPU."
    [found] = run_checks(SMALL_SIZES, ('team',), device=torch.device('cpu'))
    assert found.passed and found.facts['teams']==[1, 2], found.error

def torchrun(n, *args):
    launcher = [sys.executable, '-m', 'torch.distributed.run', '--nproc-per-node', n, '--standalone']
    return [str(a) for a in (*launcher, '-m', 'lgm_nb', 'distill', *args)]

def members(parent):
    "The processes that torchrun has started."
    found = subprocess.run(['ps', '--ppid', str(parent), '-o', 'pid='], capture_output=True, text=True).stdout.split()
    return [int(p) for p in found]

def wait_for_checkpoint(out, process, before=0):
    "Wait until a run has saved one."
    file, end = out/'checkpoint.safetensors', time.monotonic() + 300
    while not file.exists() or read_checkpoint(file)['step'] <= before:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, 'no checkpoint'
        time.sleep(.05)

def kill_one_of_torchrun(n, args, out):
    "Kill the last process of a run; `torchrun` ends the others. What was said."
    process = subprocess.Popen(torchrun(n, *args), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    wait_for_checkpoint(out, process)
    os.kill(members(process.pid)[-1], signal.SIGKILL)
    _, said = process.communicate(timeout=120)
    assert process.returncode != 0 and not (out/'distilled.safetensors').exists()
    return said

def kill_some(n, args, out, victims):
    "Kill some processes of a run that nobody watches, one after the other; the others notice. What they said."
    before = read_checkpoint(out/'checkpoint.safetensors')['step']
    team = start_team(n, *args)
    wait_for_checkpoint(out, team[0], before)
    for i in victims:
        team[i].kill()
        time.sleep(.2)
    said = [p.communicate(timeout=120)[1] for p in team]
    assert all(p.returncode for p in team) and not (out/'distilled.safetensors').exists()
    return [said[i] for i in range(n) if i not in victims]

def test_lost_processes(tiny, tmp_path):
    "Clear errors, and any number of processes resumes to the images of an undisturbed run."
    args = ['--data', 'cifar10-mini', '--backbone', tiny, '--device', 'cpu',
            '--steps', 40, '--augs', 1, '--views', 1, '--checkpoint-every', 5]
    out = tmp_path/'lost'
    said = kill_one_of_torchrun(2, [*args, '--out', out], out)
    assert 'another process' in said and '--resume' in said, said
    [said] = kill_some(3, ['lgm-distill', *args, '--out', out, '--resume'], out, [0, 2])
    assert 'another process' in said and '--resume' in said, said
    ok('lgm-distill', *args, '--out', out, '--resume', run=run_here)
    ok('lgm-distill', *args, '--out', tmp_path/'whole', run=run_here)
    a, b = (load_file(f/'distilled.safetensors')['images'] for f in (out, tmp_path/'whole'))
    assert (a - b).abs().max() < 1e-3 # forty steps let rounding grow a little
