"Importing the package is light and silent: people do it to read the help."
import ast, sys
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

WITH_IPYTHON = '''
import sys
import IPython, lgm_nb
assert 'lgm_nb.core.short_errors' not in sys.modules, 'import lgm_nb looked for IPython'
assert lgm_nb.list_datasets and IPython.get_ipython() is None
'''

def test_ipython_that_is_loaded_and_not_running(tmp_path):
    assert ok(sys.executable, '-c', WITH_IPYTHON, cwd=tmp_path).stdout==''

def test_types_of_every_name_are_checked():
    "tests/typed/front_door.py, which pyright reads in `make lint`, uses every name of the front door."
    import lgm_nb
    tree = ast.parse((ROOT/'tests/typed/front_door.py').read_text(encoding='utf-8'))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert used >= {name for names in lgm_nb.FRONT_DOOR.values() for name in names}
