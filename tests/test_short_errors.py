"Errors of the library in a notebook: the message, and the traceback on request. In IPython itself and in a kernel."
import json, os, subprocess, sys
import pytest

SHELL = '''
import io, json, os, sys
from contextlib import redirect_stderr, redirect_stdout
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

shell = InteractiveShell.instance(
    config=Config(HistoryManager=dict(enabled=False), InteractiveShell=dict(colors='nocolor')))
shown = []
for cell in json.loads(sys.argv[1]):
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said): result = shell.run_cell(cell)
    shown.append([said.getvalue(), type(result.error_in_exec).__name__])
print(json.dumps(shown))
'''

def shown(*cells, **environment):
    "What a new shell of IPython shows for each cell, and the type of the error."
    env = {k: v for k, v in os.environ.items() if k != 'LGM_NB_TRACEBACK'}
    done = subprocess.run([sys.executable, '-c', SHELL, json.dumps(cells)], env=env | environment, capture_output=True,
        text=True, timeout=300)
    assert done.returncode==0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])

OURS = 'x = 1\nSettings(ipc=0)'
OURS_IN_A_ROOM = f'from lgm_nb.method.settings import Settings\n{OURS}'
THEIRS = 'def mine(): raise ValueError("my own mistake")\nmine()'
CALLED_BACK = 'list(no_progress(int(x) for x in ["one"]))'
ACCIDENT = 'repr(Table([], [[0]]))' # an accident inside the library

@pytest.fixture(scope='module')
def session():
    cells = ['from lgm_nb.all import *\nfrom lgm_nb.core.progress import no_progress', OURS, '%tb', THEIRS, CALLED_BACK,
        ACCIDENT, '1/0', '%env LGM_NB_TRACEBACK=1', OURS]
    return dict(zip(('import', 'ours', 'tb', 'theirs', 'called back', 'accident', 'zero', 'env', 'ours in full'),
        shown(*cells)))

def test_our_error_is_its_message(session):
    "The message comes first, then the line of the cell and how to see more."
    said, error = session['ours']
    first, line, hint = said.strip().splitlines()
    assert error=='ValueError' and first.startswith('ValueError: ipc: 0') and 'Traceback' not in said, said
    assert line.strip()=='line 2: Settings(ipc=0)' and hint.startswith('%tb shows the traceback')

def test_the_traceback_on_request(session):
    for name in ('tb', 'ours in full'):
        said = session[name][0]
        assert 'Traceback (most recent call last)' in said and 'settings.py' in said and 'ipc: 0' in said, said

@pytest.mark.parametrize('name', ['theirs', 'called back', 'accident', 'zero'])
def test_other_errors_keep_their_traceback(session, name):
    assert 'Traceback (most recent call last)' in session[name][0] and '%tb' not in session[name][0], session[name]

def test_names_of_the_front_door():
    "The first name that is used shortens errors; imports from a room do not; a handler of one's own stays."
    own = ('def handler(shell, etype, error, tb, tb_offset=None): print("MINE", error)\n'
           'get_ipython().set_custom_exc((ValueError,), handler)')
    cells = ['import lgm_nb\nfrom lgm_nb.method.settings import Settings', OURS, 'from lgm_nb import Settings', OURS,
        own, 'lgm_nb.open_dataset("no-such-data")']
    _, room, _, front, _, mine = (said for said, _ in shown(*cells))
    assert 'Traceback' in room and 'Traceback' not in front and front.startswith('ValueError: ipc: 0'), (room, front)
    assert mine.startswith('MINE ') and 'no-such-data' in mine

def test_a_studio_shortens_errors():
    _, studio, after = (said for said, _ in
        shown('from lgm_nb.views.studio import Studio', 'Studio("no-such-data")', OURS_IN_A_ROOM))
    assert 'Traceback' not in studio + after and 'no-such-data' in studio and 'ipc: 0' in after, (studio, after)

def test_in_a_kernel(tmp_path):
    "A notebook that nbclient runs saves the short error."
    nbformat, nbclient = pytest.importorskip('nbformat'), pytest.importorskip('nbclient')
    cells = [nbformat.v4.new_code_cell(source) for source in ('from lgm_nb.all import *', OURS, THEIRS)]
    nb = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(nb, allow_errors=True, timeout=300, resources=dict(metadata=dict(path=tmp_path))).execute()
    ours, theirs = (cell.outputs[0] for cell in nb.cells[1:])
    assert ours.ename=='ValueError' and ours.evalue.startswith('ipc: 0') and len(ours.traceback)==3, ours
    assert any('mine()' in entry for entry in theirs.traceback), theirs
