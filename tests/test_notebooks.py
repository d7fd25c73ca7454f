"Saved outputs of the notebooks: small, the same on every machine, and there."
import ast, json, re
import pytest
from conftest import ROOT, ok

NOTEBOOKS = sorted(p for p in (ROOT/'nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts)
TUTORIALS = [p for p in NOTEBOOKS if p.parent.name=='tutorials']
def ids(paths): return [p.relative_to(ROOT/'nbs').as_posix() for p in paths]

def outputs(path):
    for cell in json.loads(path.read_text(encoding='utf-8'))['cells']:
        for output in cell.get('outputs', []): yield cell, output

@pytest.mark.parametrize('path', NOTEBOOKS, ids=ids(NOTEBOOKS))
def test_outputs_are_small(path):
    "Under 200 kB: tools/outputs.py --slim keeps each picture once, which mostly does it."
    size = sum(len(json.dumps(output)) for _,output in outputs(path))
    assert size < 200_000, f'{size} bytes'

@pytest.mark.parametrize('path', NOTEBOOKS, ids=ids(NOTEBOOKS))
def test_outputs_tell_nothing_of_a_machine(path):
    "No address in memory, no temporary or home folder, no error."
    for _,output in outputs(path):
        text = ''.join(output.get('text', '')) + ''.join(output.get('data', {}).get('text/plain', ''))
        assert not re.search(r'0x[0-9a-f]{6,}|/tmp/|/home/|/root/|/Users/', text), text[:300]
        assert output['output_type'] != 'error'

@pytest.mark.parametrize('path', NOTEBOOKS, ids=ids(NOTEBOOKS))
def test_outputs_need_no_kernel(path):
    "A widget's id means nothing once its kernel has gone; JupyterLab would show an error instead of the page."
    assert 'widgets' not in json.loads(path.read_text(encoding='utf-8'))['metadata']
    live = [o for _, o in outputs(path) if 'application/vnd.jupyter.widget-view+json' in o.get('data', {})]
    assert not live, f'tools/still_outputs.py --renew {path.relative_to(ROOT)}'

@pytest.mark.parametrize('path', TUTORIALS, ids=ids(TUTORIALS))
def test_tutorials_show_what_they_did(path):
    "Each was run: it has results."
    assert any(True for _ in outputs(path)), 'run it: tools/outputs.py'

@pytest.mark.parametrize('path', NOTEBOOKS, ids=ids(NOTEBOOKS))
def test_figures_have_captions(path):
    "Each picture among the outputs; the site shows `#| fig-cap` below it."
    pictures = [''.join(cell['source']) for cell, output in outputs(path)
                if any(kind.startswith('image/') for kind in output.get('data', {}))]
    bare = [source for source in pictures if not re.search(r'^#\| fig-cap: "[^"]+"$', source, re.M)]
    assert not bare, f'add a line `#| fig-cap: "…"` at the top of the cell:\n{bare[0][:300]}'

NAMED = [p for p in NOTEBOOKS if p.parent.name != 'scale'] # tables in the paper's form are captioned by their page
PROBE = r'\bprotocol\b|ridge probes|top-1 on other photographs' # the last: classifiers that the page itself defines

@pytest.mark.parametrize('path', NAMED, ids=ids(NAMED))
def test_tables_of_accuracies_name_the_probe(path):
    "Accuracies of two protocols should not be compared, so a table says which probe it has."
    tables = [''.join(output['data']['text/html']) for _, output in outputs(path)
              if ''.join(output.get('data', {}).get('text/html', '')).startswith('<table>')]
    nameless = [t for t in tables if re.search('top-1|accuracy, %', t) and not re.search(PROBE, t)]
    assert not nameless, f'say `protocol …` in the caption:\n{nameless[0][:300]}'

@pytest.mark.parametrize('path', TUTORIALS, ids=ids(TUTORIALS))
def test_tutorials_open_elsewhere(path):
    "The page links to Colab and JupyterLab; the first cell installs on Colab, and does nothing where the library is."
    docs = pytest.importorskip('tools.docs', reason='the site needs Python 3.11')
    from fastcore.nbio import read_nb
    from nbdev.config import get_config
    nb, source = read_nb(path), path.relative_to(ROOT/'nbs').as_posix()
    code = [c.source for c in nb.cells if c.cell_type=='code']
    head = "#| hide\nfrom importlib.util import find_spec\nif not find_spec('lgm_nb'):"
    assert code[0].startswith(head) and '%pip install -q ' in code[0]
    assert not re.search(r'^\S', code[0].removeprefix(head).partition('\n')[2], re.M), 'only indented lines'
    needs_checkout = any('../../benchmarks' in c for c in code)
    clones = 'git clone' in code[0] and '%cd repository/nbs/tutorials' in code[0]
    assert clones==needs_checkout, 'a page that reads files of the repository needs it on Colab'
    cfg = get_config(ROOT)
    links = docs.open_links(cfg, nb, source)
    assert f'https://colab.research.google.com/github/lgm-nb/lgm_nb/blob/{cfg.branch}/nbs/{source}' in links
    assert f'/lab/tree/{source}' in links

def test_every_page_opens_in_jupyterlab():
    "The folder that `make lab` serves is the one that the links lead into."
    said = ok('make', '--no-print-directory', '--dry-run', 'lab', cwd=ROOT).stdout
    assert said.splitlines()[-1].startswith('cd nbs && ')

ROOMS = [p for p in NOTEBOOKS if p.parent.name=='nbs']

@pytest.mark.parametrize('path', ROOMS, ids=ids(ROOMS))
def test_cells_that_import_do_nothing_else(path):
    """To describe what a room exports, the site runs its exported cells and those that import, and no others: one that
    needs more than that would stop the build.
    """
    def is_import(node): return isinstance(node, (ast.Import, ast.ImportFrom))
    for cell in json.loads(path.read_text(encoding='utf-8'))['cells']:
        source = ''.join(cell['source'])
        if cell['cell_type']!='code' or re.match(r'#\| *(export|exec_doc)', source): continue
        if '#| eval: false' in source or re.search(r'^\s*[%!]', source, re.M): continue
        tree = ast.parse(source)
        harmless = all(is_import(node) or isinstance(node, (ast.FunctionDef, ast.ClassDef)) for node in tree.body)
        mixed = any(map(is_import, ast.walk(tree))) and not harmless
        assert not mixed, f'move the import to a cell of its own:\n{source[:300]}'

LINK = re.compile(r'\]\(([^)\s#]+\.(?:ipynb|md))(?:#[^)]*)?\)')
NAMED = re.compile(r'`((?:nbs|lgm_nb|tests|tools|benchmarks)/[\w./-]+\.\w+)')
TEXTS = [*NOTEBOOKS, *sorted((ROOT/'nbs').rglob('*.md')), ROOT/'CONTRIBUTING.md', ROOT/'CHANGELOG.md', ROOT/'README.md']

def test_animations_have_a_still():
    "Every animation of a page stands beside its last frame, which readers see who prefer reduced motion."
    from PIL import Image, ImageChops
    animated = [p for p in sorted((ROOT/'nbs/images').iterdir()) if p.suffix in ('.gif', '.webp', '.png')
                and getattr(Image.open(p), 'is_animated', False)]
    pages = [(ROOT/name).read_text(encoding='utf-8') for name in ('README.md', 'nbs/index.ipynb')]
    assert {p.name for p in animated}=={'first-run.webp', 'studio.gif'}
    for file in animated:
        whole, still = Image.open(file), next(file.parent.glob(f'{file.stem}-still.*'))
        whole.seek(whole.n_frames - 1)
        apart = ImageChops.difference(whole.convert('RGB'), Image.open(still).convert('RGB'))
        assert max(most for _, most in apart.getextrema()) < 60, f'{still.name} is not the last frame'
        for page in pages: assert page.count(file.name)==page.count(still.name)==1

@pytest.mark.parametrize('path', TEXTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_pages_that_are_linked_exist(path):
    "Pages are renumbered now and then; files made when the site is built are no concern here."
    text = path.read_text(encoding='utf-8')
    made = {'changes.md', 'contributing.md'}
    links = [link for link in LINK.findall(text) if '://' not in link and link.split('/')[-1] not in made]
    missing = [link for link in links if not (path.parent/link).exists() and not (ROOT/'nbs'/link).exists()]
    missing += [name for name in NAMED.findall(text) if path.parent==ROOT and not (ROOT/name).exists()]
    assert not missing
