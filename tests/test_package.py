"The wheel holds all it needs, and works where there is no checkout."
import configparser, json, re, subprocess, sys, sysconfig, venv, zipfile
from email import message_from_bytes
from pathlib import Path
import pytest
from conftest import ROOT, check_report, ok

@pytest.fixture(scope='session')
def wheel(tmp_path_factory):
    "The wheel, built from the source archive: so that one is complete too."
    out = tmp_path_factory.mktemp('dist')
    ok(sys.executable, '-m', 'build', '--no-isolation', '--outdir', out, ROOT)
    [wheel] = out.glob('*.whl')
    return wheel

@pytest.fixture(scope='session')
def names(wheel): return set(zipfile.ZipFile(wheel).namelist())

@pytest.fixture(scope='session')
def info(wheel):
    "A function that reads a file of the wheel's .dist-info."
    z = zipfile.ZipFile(wheel)
    return lambda file: next(z.read(n) for n in z.namelist() if n.endswith(f'.dist-info/{file}'))

def test_wheel_holds_the_package(names):
    "Every module and data file of the checkout, and nothing from outside the package."
    files = {p.relative_to(ROOT).as_posix() for p in (ROOT/'lgm_nb').rglob('*') if p.is_file() and not {'__pycache__', '.ipynb_checkpoints'} & set(p.parts)}
    inside = {n for n in names if '.dist-info/' not in n}
    assert inside==files

@pytest.mark.parametrize('pattern', [r'cli\.py', r'_modidx\.py', r'samples/cifar10-mini.*', r'zoo/.*\.safetensors', r'zoo/.*\.json', r'static/.*\.js', r'static/.*\.css'])
def test_wheel_holds_kind(names, pattern): assert any(re.fullmatch(f'lgm_nb/{pattern}', n) for n in names)

def test_entry_points(info):
    points = configparser.ConfigParser()
    points.read_string(info('entry_points.txt').decode())
    want = {f'lgm-{c}': f'lgm_nb.cli:lgm_{c}' for c in ('demo', 'distill', 'probe', 'compare', 'bank')}
    assert dict(points['console_scripts'])==want
    assert dict(points['nbdev'])=={'lgm_nb': 'lgm_nb._modidx:d'}

def test_metadata(info):
    meta = message_from_bytes(info('METADATA'))
    assert meta['License-Expression']=='Apache-2.0' and b'Apache License' in info('licenses/LICENSE')
    assert meta['Requires-Python']=='>=3.10'
    assert set(meta.get_all('Provides-Extra'))=={'lab', 'demo', 'dev', 'video', 'zoo'}
    requires = meta.get_all('Requires-Dist')
    assert any(r.startswith('torch>=') for r in requires)
    [site] = [r for r in requires if r.startswith('smalldocs')]
    assert 'python_version >= "3.11"' in site, 'an environment marker was lost'

@pytest.fixture(scope='session')
def elsewhere(wheel, tmp_path_factory):
    "An environment with the wheel, and the heavy dependencies lent by this one."
    home = tmp_path_factory.mktemp('elsewhere')
    venv.create(home/'env')
    python = home/'env/bin/python'
    site = Path(subprocess.check_output([python, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], text=True).strip())
    # A folder that a .pth adds has its own .pth files ignored, so an editable checkout stays out of sight.
    (site/'lent.pth').write_text('\n'.join({sysconfig.get_path('purelib'), sysconfig.get_path('platlib')}))
    ok(sys.executable, '-m', 'pip', '--python', python, 'install', '--no-deps', '--no-index', '--force-reinstall', wheel)
    return home

def test_demo_away_from_the_checkout(elsewhere, tiny):
    "The demo, short, from the wheel; its report says what it promises."
    python = elsewhere/'env/bin/python'
    where = ok(python, '-c', 'import lgm_nb; print(lgm_nb.__file__)', cwd=elsewhere).stdout.strip()
    assert Path(where).is_relative_to(elsewhere)
    ok(elsewhere/'env/bin/lgm-demo', '--backbone', tiny, '--steps', 10, '--out', 'runs', cwd=elsewhere, timeout=1200)
    out = elsewhere/'runs'
    check_report(json.loads((out/'report.json').read_text()), tiny)
    assert (out/'evolution.gif').read_bytes()[:4]==b'GIF8'
    html = (out/'report.html').read_text(encoding='utf-8')
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html), 'the report asks another host for something'
    assert list(out.rglob('distilled.safetensors'))
