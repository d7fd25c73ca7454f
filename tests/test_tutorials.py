"Every cell of every tutorial runs, the slow ones with little work; what they find is for `make nightly`."
import ast, sys
import pytest
from fastcore.nbio import read_nb
from conftest import ROOT, ok

def test_index_and_tutorials():
    ok(sys.executable, ROOT/'tools/rehearse.py', timeout=1800) # one process, since every one imports for seconds

LONG_CALLS = ('Distiller', 'compare', 'distill', 'score_row') # each takes a `progress`

def silent_calls(source):
    "Calls of a cell that take long and show nothing, and loops over a run without a bar."
    tree = ast.parse('\n'.join(line for line in source.splitlines() if not line.startswith(('#|', '%'))))
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Name) and node.iter.id=='run': yield 'for … in run'
        if not isinstance(node, ast.Call): continue
        name = getattr(node.func, 'attr', getattr(node.func, 'id', ''))
        if name in LONG_CALLS and 'progress' not in {k.arg for k in node.keywords}: yield name

@pytest.mark.parametrize('name', ['five_minutes', 'first_1_one_class'])
def test_a_beginner_sees_that_long_cells_work(name):
    cells = [c.source for c in read_nb(ROOT/f'nbs/tutorials/{name}.ipynb').cells if c.cell_type=='code']
    slow = [source for source in cells if source.startswith('#| slow')]
    assert any(call in source for source in slow for call in LONG_CALLS)
    assert [call for source in slow for call in silent_calls(source)]==[]
