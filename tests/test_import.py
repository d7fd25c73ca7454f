"Importing the package is light and silent: people do it to read the help."
import ast, importlib, sys
import pytest
from conftest import ROOT, ok

CHECK = '''
import socket, sys
def refuse(*args, **kwargs): raise AssertionError('import lgm_nb opened a socket')
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
import lgm_nb
heavy = {'torch', 'torchvision', 'timm', 'open_clip', 'matplotlib'} & set(sys.modules)
assert not heavy, f'import lgm_nb brought in {heavy}'
assert lgm_nb.__version__
'''

def test_import_is_light(tmp_path):
    done = ok(sys.executable, '-c', CHECK, cwd=tmp_path)
    assert done.stdout==''

@pytest.mark.parametrize('given, after', [
    ({}, '1000'), (dict(GOMP_SPINCOUNT='7'), '7'), (dict(OMP_WAIT_POLICY='active'), 'None')])
def test_idle_threads_sleep_unless_told_otherwise(tmp_path, monkeypatch, given, after):
    for name in ('GOMP_SPINCOUNT', 'OMP_WAIT_POLICY'): monkeypatch.delenv(name, raising=False)
    for name, value in given.items(): monkeypatch.setenv(name, value)
    code = "import lgm_nb, os; print(os.environ.get('GOMP_SPINCOUNT'))"
    assert ok(sys.executable, '-c', code, cwd=tmp_path).stdout.strip()==after

LATE = """
import asyncio, runpy, sys
def heavy(): return {'timm', 'torchvision', 'torch._dynamo', 'matplotlib'} & set(sys.modules)

def refused(*args):
    sys.argv = ['lgm_nb', *args]
    try: runpy.run_module('lgm_nb', run_name='__main__')
    except SystemExit as e: code = e.code
    assert code==2 and not heavy(), f'{args}: exit code {code}; imported {heavy()}'

NAMES = ['--data', 'cifar10-mini', '--backbone', 'tiny-dino-resnet']
refused('distill', '--data', 'cifar10-mini', '--backbone', 'nosuch', '--out', 'x')
refused('distill', *NAMES, '--out', 'x', '--ipc', '0')
refused('distill', *NAMES, '--out', 'file')
refused('bank', '--data', 'folder:nosuch', '--backbone', 'tiny-dino-resnet')
refused('bank', *NAMES[:2], '--backbone', 'tiny-dino-resnet,tiny-can-vit', '--out', 'x')
refused('probe', 'nosuch', '--backbone', 'tiny-dino-resnet')
refused('probe', 'nosuch', '--backbone', 'tiny-dino-resnet', '--protocol', 'slow')
refused('compare', 'nosuch', '--backbones', 'tiny-dino-resnet')
refused('compare', 'nosuch', '--backbones', 'tiny-dino-resnet', '--baselines', 'best')
refused('transfer', *NAMES[:2], '--backbones', 'tiny-dino-resnet', '--out', 'file')
refused('reproduce', 'nosuch')

from lgm_nb.all import Studio
from lgm_nb.views.messages import Ask, Tell

async def show():
    studio, told = Studio(), {}
    studio._repr_mimebundle_()
    studio.view.send = lambda message, buffers=(): told.setdefault(message['kind'], heavy())
    studio.view._hear(None, dict(ask=Ask.HELLO), [])
    while Tell.SYNC not in told: await asyncio.sleep(.01)
    assert not told[Tell.RUNS] and not told[Tell.FILM], f'imported before the first run plays: {told}'
    assert 'timm' in told[Tell.SYNC], 'the networks are opened while it plays'
asyncio.run(asyncio.wait_for(show(), 120))
"""

def test_networks_are_opened_late(tmp_path):
    "A wrong option is found, and the run that ships plays, before anything is imported that takes as long as torch."
    (tmp_path/'file').touch()
    ok(sys.executable, '-c', LATE, cwd=tmp_path)

WITH_IPYTHON = '''
import sys
import IPython, lgm_nb
assert 'lgm_nb.core.short_errors' not in sys.modules, 'import lgm_nb looked for IPython'
assert lgm_nb.list_datasets and IPython.get_ipython() is None
'''

def test_ipython_that_is_loaded_and_not_running(tmp_path):
    assert ok(sys.executable, '-c', WITH_IPYTHON, cwd=tmp_path).stdout==''

BESIDE = ['torch', 'torch.nn', 'torch.nn.functional', 'torch.utils.data', 'torchvision', 'torchvision.transforms',
          'torchvision.datasets', 'torchvision.utils', 'timm', 'timm.data', 'numpy', 'matplotlib.pyplot',
          'fastcore.basics', 'PIL.Image', 'IPython.display', 'pathlib', 'builtins'] # used beside ours in a notebook
ALIASES = {'F', 'L', 'PIL', 'df', 'fig', 'ax', 'nn', 'np', 'pd', 'plt', 'timm', 'tqdm', 'torch', 'transforms'}
USUAL = {'data', 'loader', 'model', 'step', 'steps', 'duration', 'confusion', 'Step'} # what a notebook calls its own

def given_by(line):
    names = {}
    exec(line, names)
    return {name for name in names if not name.startswith('_')}

@pytest.mark.parametrize('line', ['from lgm_nb import *', 'from lgm_nb.all import *'])
def test_star_imports_hide_no_usual_name(line):
    "Whoever imports ours after theirs still has `Dataset` of torch and `grid` of Matplotlib."
    ours = given_by(line)
    assert {'image_grid', 'distill', 'Studio'} <= ours
    for name in BESIDE:
        module = pytest.importorskip(name) if name.startswith('matplotlib') else importlib.import_module(name)
        theirs = {n for n in dir(module) if not n.startswith('_')}
        assert not ours & theirs, f'{line!r} hides names of {name}'
    assert not ours & (ALIASES | USUAL)

def test_dataset_is_imported_by_name():
    from lgm_nb import Dataset
    from lgm_nb.data.dataset import Dataset as same
    assert Dataset is same

def parameters(tree):
    "Parameters of the functions that a module lists in `__all__`, and of the public methods of its classes there."
    listed = [n.value for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], 'id', '')=='__all__']
    public = {e.value for names in listed for e in getattr(names, 'elts', ()) if isinstance(e, ast.Constant)}
    for node in tree.body:
        if getattr(node, 'name', '') not in public: continue
        for f in node.body if isinstance(node, ast.ClassDef) else [node]:
            if not isinstance(f, ast.FunctionDef) or f.name.startswith('_') and f.name not in ('__init__', '__call__'):
                continue
            own = [f.args.vararg, f.args.kwarg]
            for a in (*f.args.args, *f.args.kwonlyargs, *filter(None, own)):
                if a.arg not in ('self', 'cls'): yield f'{f.name}({a.arg})', a.annotation

def test_public_parameters_have_types():
    bare = []
    for file in (ROOT/'lgm_nb').rglob('*.py'):
        tree = ast.parse(file.read_text(encoding='utf-8'))
        bare += [f'{file.stem}: {name}' for name, annotation in parameters(tree) if annotation is None]
    assert bare==[]

def test_types_of_every_name_are_checked():
    "tests/typed/front_door.py, which pyright reads in `make lint`, uses every name of the front door."
    import lgm_nb
    tree = ast.parse((ROOT/'tests/typed/front_door.py').read_text(encoding='utf-8'))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert used >= {name for names in lgm_nb.FRONT_DOOR.values() for name in names}
