"What `make figures` makes anew, with small figures in a repository of their own; and its table, beside what is there."
import json, re, signal, subprocess, sys, time
from dataclasses import replace
from pathlib import Path
import pytest
from conftest import ROOT
from tools import figures
from tools.figures import Figure, RECORD, all_figures, main
from tools.inputs import Sources

PACKAGE = {
    'lgm_nb/__init__.py': '__version__ = "1"\nfrom .front import offered as offered\n',
    'lgm_nb/all.py': 'from lgm_nb import *\nfrom lgm_nb.core.sums import total\n',
    'lgm_nb/front.py': 'offered = 1\n',
    'lgm_nb/core/__init__.py': '',
    'lgm_nb/core/sums.py': ('"Sums."\nfrom .numbers import ONE\n\n'
                             'def total(n):\n    "Add ones."\n    return n*ONE # so many\n'),
    'lgm_nb/core/numbers.py': 'ONE = 1\n',
    'lgm_nb/core/unused.py': 'TWO = 2\n',
    'lgm_nb/data/samples/a.txt': 'a',
    'benchmarks/made.py': ('import pathlib, sys\nfrom lgm_nb.core.sums import total\n'
                           'pathlib.Path(sys.argv[1]).write_text(str(total(3)))\n'
                           'with open("calls", "a") as f: f.write("x")\n'),
    'benchmarks/fails.py': 'import pathlib, sys\nif not pathlib.Path("mended").exists(): sys.exit("no luck")\n'
                           'pathlib.Path("fails.txt").write_text("made")\n'}
MADE = Figure('made', 'python -m benchmarks.made made.txt', ('made.txt',), ('benchmarks/made.py',))
FAILS = Figure('fails', 'python -m benchmarks.fails', ('fails.txt',), ('benchmarks/fails.py',))

@pytest.fixture
def repository(tmp_path):
    for name, text in PACKAGE.items():
        (tmp_path/name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path/name).write_text(text)
    return tmp_path

@pytest.fixture
def said(repository, capsys):
    "Call the tool with some figures; what it prints, line by line."
    def call(*arguments, figures=(MADE,)):
        capsys.readouterr()
        main([str(a) for a in arguments], list(figures), repository)
        return capsys.readouterr().out.splitlines()
    return call

def calls(repository): return len((repository/'calls').read_text()) if (repository/'calls').exists() else 0

def change(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))

def test_stale_made_fresh(repository, said):
    assert said('--list')==['made: stale: no record'] and not (repository/RECORD).exists()
    assert said()[-1].startswith('made: made in') and (repository/'made.txt').read_text()=='3'
    assert said('--list')==said()==['made: fresh'] and calls(repository)==1
    record = json.loads((repository/RECORD).read_text())['made']
    assert set(record['inputs'])=={'command', 'benchmarks/made.py', 'lgm_nb/core/sums.py', 'lgm_nb/core/numbers.py'}

def test_code_counts_and_words_do_not(repository, said):
    said()
    sums, numbers = repository/'lgm_nb/core/sums.py', repository/'lgm_nb/core/numbers.py'
    words = ('"Sums."', '"Long sums."'), ('Add ones.', 'Add all ones.'), (' # so many', ''), ('\n\n', '\n\n\n')
    for old, new in words: change(sums, old, new)
    change(repository/'lgm_nb/core/unused.py', '2', '3')
    change(repository/'lgm_nb/__init__.py', '"1"', '"2"') # a new version
    assert said('--list')==['made: fresh']
    change(numbers, 'ONE = 1', 'ONE = 2')
    assert said('--list')==['made: stale: lgm_nb/core/numbers.py changed']
    assert said()[-1].startswith('made: made') and (repository/'made.txt').read_text()=='6'
    change(sums, 'from .numbers import ONE', 'ONE = 2')
    assert said('--list')==['made: stale: lgm_nb/core/numbers.py is no input any more, lgm_nb/core/sums.py changed']
    assert said('--list', figures=[replace(MADE, command=MADE.command + ' more')])[0].startswith('made: stale: command')

def test_outputs_count(repository, said):
    said()
    (repository/'made.txt').write_text('4')
    assert said('--list')==['made: stale: made.txt was changed since']
    (repository/'made.txt').unlink()
    assert said('--list')==['made: stale: made.txt is missing']

def test_a_failure_hides_no_other_figure_and_is_tried_again(repository, said, capsys):
    with pytest.raises(SystemExit, match='failed: fails'): said(figures=[FAILS, MADE])
    out = capsys.readouterr().out
    assert 'fails: FAILED with code 1' in out and 'no luck' in out and 'made: made in' in out
    assert said('--list', figures=[FAILS, MADE])==['fails: stale: no record', 'made: fresh']
    (repository/'mended').touch()
    assert said(figures=[FAILS, MADE])[1:]==['fails: made in 0 s', 'made: fresh'] and calls(repository)==1

def test_a_command_that_writes_nothing_has_failed(said, capsys):
    with pytest.raises(SystemExit, match='failed: made'): said(figures=[replace(MADE, outputs=('other.txt',))])
    assert 'did not write other.txt' in capsys.readouterr().out

KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tools import figures
from tools.figures import Figure
figures.heed_signals()
made = Figure('made', 'python -m benchmarks.made made.txt', ('made.txt',), ('benchmarks/made.py',))
slow = Figure('slow', 'python -c "import time; open(\\'started\\', \\'w\\'); time.sleep(60)"', (), ())
figures.main([], [made, slow], Path('.').resolve())
"""

def test_a_killed_call_is_resumed(repository, said):
    process = subprocess.Popen([sys.executable, '-c', KILLED.format(root=str(ROOT))], cwd=repository)
    end = time.monotonic() + 60
    while not (repository/'started').exists():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20)==143, 'what it had started was ended too'
    slow = Figure('slow', 'python -c pass', (), ())
    assert said('--list', figures=[MADE, slow])==['made: fresh', 'slow: stale: no record']
    assert said(figures=[MADE, slow])[0]=='made: fresh' and calls(repository)==1

def test_only(repository, said, capsys):
    assert [line for line in said('--only', 'made', figures=[FAILS, MADE]) if 'fails' in line]==[]
    with pytest.raises(SystemExit) as e: said('--only', 'mad', figures=[FAILS, MADE])
    assert e.value.code==2 and '--only mad: no such figure; must be one of fails, made' in capsys.readouterr().err

BECAUSE = 'a name was changed, which no number depends on'

def accept(said, because=BECAUSE, figures=(MADE,)):
    return said('--accept', *[f.name for f in figures], '--because', because, figures=list(figures))

def test_accepted_figures_keep_the_reason(repository, said):
    "What was read and found to change no number is fresh, and says why until it is made anew."
    said()
    numbers = repository/'lgm_nb/core/numbers.py'
    change(numbers, 'ONE = 1', 'ONE = 1 + 0')
    assert accept(said)==['made: accepted (lgm_nb/core/numbers.py changed)'] and calls(repository)==1
    assert said('--list')==[f'made: fresh; accepted: {BECAUSE}'] and accept(said)==['made: fresh, nothing to accept']
    change(numbers, '1 + 0', '1 + 0 + 0')
    assert said('--list')==[f'made: stale: lgm_nb/core/numbers.py changed; accepted: {BECAUSE}']
    accept(said, 'once more')
    assert said('--list')==[f'made: fresh; accepted: {BECAUSE}; accepted: once more']
    change(numbers, '1 + 0 + 0', '2')
    said()
    assert said('--list')==['made: fresh'] and calls(repository)==2

def test_accepted_without_a_record(repository, said):
    "A file that is there was made by somebody; one that is not was not."
    with pytest.raises(SystemExit, match='--accept made: made.txt is missing; make it: --only made'): accept(said)
    (repository/'made.txt').write_text('3')
    assert accept(said)==['made: accepted (no record)'] and said('--list')==[f'made: fresh; accepted: {BECAUSE}']
    (repository/'made.txt').write_text('4')
    assert said('--list')==[f'made: stale: made.txt was changed since; accepted: {BECAUSE}'] and calls(repository)==0

def test_accepted_without_its_data(repository, said, monkeypatch):
    "What is not at hand stays as it was when the figure was made."
    monkeypatch.setattr(figures, 'FOLDERS', {'pictures': 'unpack them there'})
    place, needs = repository/'photos', replace(MADE, needs=('pictures',))
    (place/'pictures').mkdir(parents=True)
    (place/'pictures/1.jpg').write_text('1')
    said('--data', place, figures=[needs])
    change(repository/'lgm_nb/core/numbers.py', 'ONE = 1', 'ONE = 1 + 0')
    said('--accept', 'made', '--because', BECAUSE, '--data', repository/'nowhere', figures=[needs])
    assert said('--list', '--data', place, figures=[needs])==[f'made: fresh; accepted: {BECAUSE}']

@pytest.mark.parametrize('given, words', [
    (['--accept', 'made'], 'need each other'), (['--because', 'x'], 'need each other'),
    (['--accept', 'made', '--because', ' '], 'need each other'),
    (['--accept', 'mad', '--because', 'x'], '--accept mad: no such figure; must be one of made'),
    (['--accept', 'made', '--because', 'x', '--list'], 'neither --only nor --list')])
def test_what_cannot_be_accepted(said, capsys, given, words):
    with pytest.raises(SystemExit) as e: said(*given)
    assert e.value.code==2 and words in capsys.readouterr().err

def test_what_is_not_at_hand(repository, said, monkeypatch):
    "A figure without its data is skipped with the reason, and is not stale for the lack of them."
    monkeypatch.setattr(figures, 'FOLDERS', {'pictures': 'unpack them there'})
    place, needs = repository/'photos', replace(MADE, needs=('pictures',))
    reason = f'no pictures in {place}; unpack them there, or name another folder with --data'
    assert said('--data', place, figures=[needs])==[f'made: skipped: {reason}']
    (place/'pictures').mkdir(parents=True)
    (place/'pictures/1.jpg').write_text('1')
    assert said('--data', place, figures=[needs])[-1].startswith('made: made')
    (place/'pictures/2.jpg').write_text('2')
    assert said('--list', '--data', place, figures=[needs])==['made: stale: pictures changed']
    nowhere = said('--list', '--data', repository/'nowhere', figures=[needs])
    assert len(nowhere)==1 and nowhere[0].startswith('made: fresh; cannot be made here: no pictures in')

def test_a_benchmark_that_cannot_run_is_skipped(repository, said):
    (repository/'benchmarks/made.py').write_text('import sys\nsys.exit("cannot run: no photographs")\n')
    assert said()[-1]=='made: skipped: cannot run: no photographs'

def test_finished_parts_are_kept_by_inputs(repository, said):
    "What an interrupted figure has finished is used again only if nothing has changed."
    file = repository/'benchmarks/made.py'
    source = 'import sys\nopen("calls", "a").write(sys.argv[1] + "\\n")\nsys.exit(1)\n'
    file.write_text(source)
    keeps = replace(MADE, command='python -m benchmarks.made {keep}')
    def keep():
        with pytest.raises(SystemExit): said(figures=[keeps])
        return (repository/'calls').read_text().splitlines()[-1]
    first = keep()
    assert keep()==first and Path(first).parent==repository/figures.WORK
    file.write_text(source + 'more = 1\n')
    assert keep() != first

def test_a_damaged_record(repository, said):
    said()
    (repository/RECORD).write_text('{')
    with pytest.raises(SystemExit, match='figures.json: cannot be read .*restore it from git'): said()

def test_inputs_of_a_notebook(repository):
    "The names that it uses of a star import, folders of the package, saved results; no prose, no `__init__`."
    code = ["from lgm_nb.all import *\n", "%time total(2)\n", "import json\nread('../benchmarks/results/step.json')"]
    cells = [dict(cell_type='code', source=[c], outputs=[]) for c in code]
    file = repository/'nbs/page.ipynb'
    file.parent.mkdir()
    (repository/'benchmarks/results').mkdir()
    for name in ('step', 'scaling'): (repository/f'benchmarks/results/{name}.json').write_text('{}')
    paths = 'NAME = "samples"\nFOLDER, PACKAGE = package_path("data", NAME), package_path()\nONE'
    change(repository/'lgm_nb/core/numbers.py', 'ONE', paths)
    def inputs():
        file.write_text(json.dumps(dict(cells=cells)))
        return Sources(repository).inputs([file])
    cells[1]['source'] = ['total(2)']
    plain = inputs()
    assert set(plain)=={'nbs/page.ipynb', 'lgm_nb/core/sums.py', 'lgm_nb/core/numbers.py', 'lgm_nb/data/samples',
                        'benchmarks/results/step.json'}
    cells[1]['source'] = ['!run total\ntotal(2)\noffered # a word']
    cells.append(dict(cell_type='markdown', source=['Prose.']))
    assert set(inputs())==set(plain) | {'lgm_nb/front.py'} and inputs()['nbs/page.ipynb'] != plain['nbs/page.ipynb']

def test_table():
    "Every saved result is a figure, every path of the table is there, and options are those of the benchmarks."
    table = all_figures()
    outputs = [o for f in table for o in f.outputs]
    results = (ROOT/'benchmarks/results').iterdir()
    saved = [p.relative_to(ROOT).as_posix() for p in results if p.suffix in ('.json', '.md')
             and not p.name.startswith('gpu-')] # of a card, by `make gpu`
    assert set(saved) - {RECORD} <= set(outputs) and len(outputs)==len(set(outputs))
    assert len({f.name for f in table})==len(table)
    for f in table:
        assert all((ROOT/o).exists() for o in f.outputs), f.name
        assert all(list(ROOT.glob(s)) for s in f.sources), f.name
        assert set(f.needs) <= {*figures.FOLDERS, *figures.PACKAGES}, f.name
        if f.command.startswith('python -m benchmarks.'): check_options(f)

def test_results_without_a_record_are_named():
    "Nobody can tell whether they are stale; the page on limits says which they are."
    record = json.loads((ROOT/RECORD).read_text(encoding='utf-8'))
    page = (ROOT/'nbs/about/limits.md').read_text(encoding='utf-8')
    said = next(line for line in page.splitlines() if line.startswith('- **Figures without a record.**'))
    unknown = {f.name for f in (*figures.BENCHMARKS, figures.RELIABILITY)} - set(record)
    nameless = unknown - set(re.findall(r'`(\w+)`', said))
    assert not nameless, f'make them, or name them on nbs/about/limits.md: {sorted(nameless)}'

def check_options(figure):
    "Each option of a command is one that its benchmark has."
    files = ROOT/figure.sources[0], ROOT/'benchmarks/common.py'
    text = '\n'.join(file.read_text(encoding='utf-8') for file in files)
    for option in re.findall(r'--([a-z-]+)', figure.command):
        number = rf"add_numbers\(.*\b{option.replace('-', '_')}="
        assert f"'--{option}'" in text or re.search(number, text), f'{figure.name}: --{option}'

def test_inputs_of_the_table():
    "What a benchmark imports counts, the plots that are drawn of it do not."
    sources = Sources(ROOT)
    found = sources.inputs([ROOT/'benchmarks/step.py'])
    assert {'benchmarks/common.py', 'lgm_nb/method/distiller.py', 'lgm_nb/backbones/zoo'} <= set(found)
    assert not {'benchmarks/plots.py', 'lgm_nb/__init__.py', 'lgm_nb/views/studio.py'} & set(found)
    found = sources.inputs([ROOT/'nbs/tutorials/speed.ipynb'])
    assert {'benchmarks/plots.py', 'benchmarks/results/step.json'} <= set(found)
