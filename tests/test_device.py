"The checks of `make gpu` that need no GPU, on the CPU with small networks; nothing is replaced by a stand-in."
import os
import pytest, torch
from conftest import ROOT, ok, run_here
from lgm_nb.scale.device_checks import CHECKS, NEEDS_GPU, run_checks
from lgm_nb.scale.noise_runs import SMALL_SIZES

CPU, COMPILES = torch.device('cpu'), 'compiled'

def passes(name):
    [found] = run_checks(SMALL_SIZES, (name,), device=CPU)
    assert found.passed, found.error
    return found.facts

@pytest.mark.parametrize('name', sorted(set(CHECKS) - {*NEEDS_GPU, COMPILES, 'out of memory', 'team'}))
def test_check(name): assert passes(name)

@pytest.mark.skipif(not os.path.exists('/proc/self/statm'), reason='memory is limited through Linux')
def test_out_of_memory():
    "Memory really runs out, and the run goes on in smaller chunks."
    facts = passes('out of memory')
    assert facts['halved'] >= 1 and facts['then'] < facts['views']==facts['chosen']

@pytest.mark.slow
def test_compiled(): assert passes(COMPILES)

def test_what_needs_a_gpu_is_said():
    for found in run_checks(SMALL_SIZES, NEEDS_GPU, device=CPU):
        assert found.passed is None and found.error=='needs a GPU'

@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
@pytest.mark.parametrize('name', sorted(set(CHECKS) - {COMPILES}))
def test_check_on_a_gpu(name):
    [found] = run_checks(SMALL_SIZES, (name,), device=torch.device('cuda', 0))
    assert found.passed, found.error

@pytest.mark.slow
def test_command_without_a_gpu(tmp_path):
    "It says that there is none and what runs instead, and writes nothing."
    done = ok('lgm-doctor', '--gpu', '--device', 'cpu', '--out', tmp_path/'results', cwd=tmp_path, run=run_here)
    assert 'no GPU' in done.stderr and 'no report is saved' in done.stderr
    assert all(f'{name}: ' in done.stdout for name in CHECKS) and not list(tmp_path.iterdir())

def test_make_gpu():
    "The target keeps its report beside the other results."
    assert 'lgm_nb doctor --gpu --out benchmarks/results' in ok('make', '--dry-run', 'gpu', cwd=ROOT).stdout
