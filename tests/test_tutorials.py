"Every cell of every tutorial runs, the slow ones with little work; what they find is for `make nightly`."
import sys
import pytest
from conftest import ROOT, ok

PATHS = [ROOT/'nbs/index.ipynb', *sorted((ROOT/'nbs/tutorials').glob('*.ipynb'))]

@pytest.mark.parametrize('part', range(4))
def test_a_quarter_of_the_tutorials(part):
    ok(sys.executable, ROOT/'tools/rehearse.py', *PATHS[part::4], timeout=1800)
