"What the tests share. They drive the installed package, as a user would, through its commands."
import contextlib, importlib.util, io, json, os, re, runpy, shutil, signal, subprocess, sys, time
from pathlib import Path
import pytest
from forked import Forked
from tools.lab import free_port

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
os.environ.setdefault('LGM_NB_CACHE', str(ROOT/'build/cache')) # not the user's

def tiny_name():
    "The first embedded network that the zoo's index files name."
    names = sorted({n for p in (ROOT/'lgm_nb/backbones/zoo').glob('*.json')
                    for n in re.findall(r'tiny-[a-z0-9]+(?:-[a-z0-9]+)*', p.stem+' '+p.read_text(encoding='utf-8'))})
    assert names, 'lgm_nb/backbones/zoo/*.json names no tiny-… network'
    return names[0]

def run(*args, cwd=None, timeout=600):
    "Run a command; its output, both streams and the exit code, without judging it."
    return subprocess.run([str(a) for a in args], cwd=cwd, timeout=timeout, capture_output=True, text=True)

def run_here(command, *args, cwd=None):
    "Run a command in this process, where torch is imported once for many tests: as `run` does."
    out, errors, before, arguments = io.StringIO(), io.StringIO(), os.getcwd(), sys.argv
    os.chdir(cwd or before)
    sys.argv = ['lgm_nb', Path(command).name.removeprefix('lgm-'), *map(str, args)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            runpy.run_module('lgm_nb', run_name='__main__')
            code = 0
    except SystemExit as e: code = e.code or 0
    finally:
        os.chdir(before)
        sys.argv = arguments
    return subprocess.CompletedProcess([command, *args], code, out.getvalue(), errors.getvalue())

def start_fresh(args, cwd=None):
    "Start a command in a new interpreter."
    # A parent that was started in the background, or by nohup, hands down ignored signals; a terminal would not.
    def restore():
        for number in (signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_DFL)
    return subprocess.Popen([str(a) for a in args], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, preexec_fn=restore)

def start_until(there, *args, cwd=None, timeout=600, start=Forked):
    "Start a command and return it when a condition holds, while it is still running."
    process = start(args, cwd)
    end = time.monotonic() + timeout
    while not there():
        assert process.poll() is None, f'ended too early: {process.communicate()[1]}'
        assert time.monotonic() < end, f'not so within {timeout} s'
        time.sleep(.02)
    return process

def start_team(n, *args):
    "Start a command in several processes, each with what `torchrun` would tell it."
    team, port = [], free_port()
    for rank in range(n):
        with pytest.MonkeyPatch.context() as m:
            told = dict(RANK=rank, LOCAL_RANK=rank, WORLD_SIZE=n, MASTER_ADDR='127.0.0.1', MASTER_PORT=port)
            for name, value in told.items(): m.setenv(name, str(value))
            team.append(Forked(args))
    return team

def run_forked(*args, cwd=None):
    "Run a command in a process of its own that has imported everything: as `run` does."
    process = Forked(args, cwd)
    said = process.communicate()
    return subprocess.CompletedProcess(args, process.returncode, *said)

def interrupted(process):
    "Press Ctrl-C and return what was said to standard error. The exit code is 130, as a shell expects."
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode==130 and 'Traceback' not in errors, errors
    return errors

def half_written(folder):
    "Files and folders under a temporary name."
    return [p.name for p in folder.rglob('*') if p.name[0]=='.' or p.suffix=='.tmp']

def ok(*args, run=run, **kwargs):
    "Run a command that must succeed."
    done = run(*args, **kwargs)
    assert done.returncode==0, f'{args} exited {done.returncode}\n{done.stdout}\n{done.stderr}'
    return done

def last_json(done):
    "What a `--json` command says in its last line."
    return json.loads(done.stdout.strip().splitlines()[-1])

def bars(said):
    "The bars of a command as (name, counts that it showed, total), from what it said to standard error."
    found = []
    for name, n, total in re.findall(r'[\r\n]([^\r\n|]+): +\d+%\|[^|]*\| (\d+)/(\d+) ', said):
        latest = next((b for b in reversed(found) if b[0]==name), None)
        again = latest is None or (n=='0' and latest[1][-1] > 0) # a new bar of that name begins at 0
        if again: found.append(latest := (name, [], int(total)))
        latest[1].append(int(n))
    return found

def check_bars(said, outer, rows):
    "One outer bar counts the rows; inner bars move within them. None goes back, and each ends full."
    found = bars(said)
    assert all(counts==sorted(counts) and counts[-1]==total for _, counts, total in found), found
    assert [(name, total) for name, _, total in found if name==outer]==[(outer, rows)], found
    inner = [(counts, total) for name, counts, total in found if name != outer]
    assert len(inner) >= rows and any(0 < n < total for counts, total in inner for n in counts), found

def check_report(report, name):
    "The contract of report.json and of the last line of `lgm-compare --json`."
    assert set(report)=={'distilled_with', 'sources', 'protocol', 'rows', 'seconds'}
    assert report['distilled_with']==name and report['sources']==[name]
    assert report['protocol'] in ('fast', 'paper', 'ridge')
    assert 'distilled' in report['rows'] and set(report['rows']) <= {'distilled', 'random', 'centroid', 'neighbour',
        'full'}
    for row in report['rows'].values():
        assert name in row
        for score in row.values():
            assert set(score) >= {'top1_mean', 'top1_std', 'seeds'}
            assert 0 <= score['top1_mean'] <= 100 and score['top1_std'] >= 0 and score['seeds'] >= 1
    assert report['seconds'] and all(s >= 0 for s in report['seconds'].values())

def needs(package, extra):
    "Skip a file where a package is not installed. It is not imported, which takes seconds with JupyterLab."
    if importlib.util.find_spec(package) is None:
        pytest.skip(f'{package} is not installed (extra: {extra})', allow_module_level=True)

LONG = ['test_tutorials.py', 'test_site.py', 'test_studio_browser.py', 'test_saved_browser.py',
    'test_studio_controls_browser.py', 'test_sweep.py', 'test_crashes.py', 'test_processes.py']

def pytest_collection_modifyitems(items):
    "Start with the files that take minutes, so that the processes end at about the same time."
    def place(item): return LONG.index(item.path.name) if item.path.name in LONG else len(LONG)
    items.sort(key=place)

@pytest.fixture(scope='session')
def tiny(): return tiny_name()

def write_photographs(folder, names, each=12, suffix='png'):
    "Class folders of small photographs."
    from lgm_nb.data.open import open_dataset
    train = open_dataset('cifar10-mini').train
    for label, name in enumerate(names):
        (folder/name).mkdir(parents=True)
        for row in train.rows_of(label)[:each].tolist(): train.image(row).save(folder/name/f'{row}.{suffix}')
    return folder

@pytest.fixture(scope='session')
def photos(tmp_path_factory):
    "Three classes of twelve small photographs: enough for what does not depend on the accuracy."
    return write_photographs(tmp_path_factory.mktemp('photos'), ['airplane', 'automobile', 'bird'])

@pytest.fixture(scope='session')
def own_data(photos): return f'folder:{photos}'

@pytest.fixture(scope='module') # closed with the module: while Playwright is open, no other test can run an event loop
def browser():
    "Chromium, of which every module gets its own."
    from tools.lab import ARGS
    sync = pytest.importorskip('playwright.sync_api', reason='playwright is not installed (extra: dev)')
    chromium = shutil.which('chromium') or pytest.skip('no chromium on this machine')
    with sync.sync_playwright() as p:
        with p.chromium.launch(executable_path=chromium, args=ARGS) as it: yield it

@pytest.fixture
def new_page(browser):
    "A function that opens a page, as `browser.new_page`; at the end all are closed, and none has had an error."
    def open_page(**kwargs):
        page = browser.new_page(**kwargs)
        pages.append(page)
        page.on('pageerror', lambda e: wrong.append(str(e)))
        page.on('console', lambda m: wrong.append(m.text) if m.type=='error' else None) # the policy of a page, too
        return page
    pages, wrong = [], []
    yield open_page
    for p in pages: p.close()
    assert not wrong

@pytest.fixture(scope='session')
def axe(tmp_path_factory):
    "The script of axe-core, which finds what keeps people out; from npm, or the folder that AXE_CORE names."
    folder = Path(os.environ.get('AXE_CORE') or tmp_path_factory.mktemp('axe')/'node_modules/axe-core')
    if not folder.is_dir():
        if not shutil.which('npm'): pytest.skip('no npm on this machine')
        command = ['npm', 'install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder.parents[1]]
        try: done = subprocess.run([*command, 'axe-core@4'], capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired: pytest.skip('npm does not answer')
        if done.returncode: pytest.skip(f'axe-core cannot be installed: {done.stderr[-200:]}')
    return (folder/'axe.min.js').read_text(encoding='utf-8')

def violations(page, axe):
    "What axe-core calls serious or critical, as rule and nodes."
    page.evaluate(axe)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [(v['id'], [(n['html'], n['failureSummary']) for n in v['nodes']]) for v in found
            if v['impact'] in ('serious', 'critical')]
