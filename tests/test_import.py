"Importing the package is light and silent: people do it to read the help."
import sys
from conftest import ok

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
