"The wheel holds all it needs, and works where there is no checkout."
import configparser, json, re, shutil, sys, sysconfig, tarfile, venv, zipfile
from email import message_from_bytes
from pathlib import Path
import pytest
from conftest import BIN, ROOT, check_report, last_json, ok

IGNORED = ('__pycache__', '.ipynb_checkpoints')

METADATA = '''
import sys
from setuptools import build_meta
print(build_meta.prepare_metadata_for_build_wheel(sys.argv[1]))
'''

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
    files = {p.relative_to(ROOT).as_posix() for p in (ROOT/'lgm_nb').rglob('*')
             if p.is_file() and not {*IGNORED} & set(p.parts)}
    inside = {n for n in names if '.dist-info/' not in n}
    assert inside==files

@pytest.mark.parametrize('pattern', [
    r'_modidx\.py', r'samples/cifar10-mini.*', r'samples/caltech10-mini.*jpg', r'samples/caltech10-mini.*LICENSE.*',
    r'zoo/.*\.safetensors', r'zoo/.*\.json', r'static/.*\.js', r'static/.*\.css'])
def test_wheel_holds_kind(names, pattern): assert any(re.fullmatch(f'lgm_nb/(?:.+/)?{pattern}', n) for n in names)

def test_gallery_stays_in_the_repository(wheel, names):
    "Neither archive has its images; the wheel has the index that they are compared with."
    [source] = wheel.parent.glob('*.tar.gz')
    with tarfile.open(source) as archive: packed = archive.getnames()
    assert 'lgm_nb/method/samples/gallery.json' in names and (ROOT/'gallery').is_dir()
    assert not [n for n in (*names, *packed) if re.match(r'([^/]+/)?gallery(/|$)', n)]

@pytest.fixture
def copy(tmp_path):
    "A copy of what nbdev's release commands touch."
    ignore = shutil.ignore_patterns(*IGNORED)
    for name in ('nbs', 'lgm_nb'): shutil.copytree(ROOT/name, tmp_path/name, ignore=ignore)
    files = ('pyproject.toml', 'settings.ini', 'setup.py', 'CHANGELOG.md', 'README.md', 'LICENSE', 'MANIFEST.in')
    for name in files: shutil.copy(ROOT/name, tmp_path)
    return tmp_path

def test_version_is_bumped_in_one_place(copy):
    "`nbdev-bump-version` changes one file, and the build reads it there."
    def digests(): return {p: p.read_bytes() for p in copy.rglob('*') if p.is_file() and '__pycache__' not in p.parts}
    before = digests()
    done = ok(BIN/'nbdev-bump-version', '--part', 1, cwd=copy).stdout
    assert [p.relative_to(copy).as_posix() for p,b in digests().items() if before.get(p) != b]==['lgm_nb/__init__.py']
    new = done.split()[-1]
    built = ok(sys.executable, '-c', METADATA, copy, cwd=copy).stdout.split()[-1]
    assert f'Version: {new}' in (copy/built/'METADATA').read_text()

def test_changelog_takes_a_release(copy, monkeypatch):
    "`nbdev-changelog` finds the repository and its place in the file; nothing is asked of another host here."
    from nbdev.release import Release, update_changelog
    monkeypatch.chdir(copy)
    release = Release(token='none')
    from lgm_nb import __version__
    assert str(release.cfg.version)==__version__
    assert release.cfg.repo=='lgm_nb' and release.changefile==copy/'CHANGELOG.md'
    text = release.changefile.read_text(encoding='utf-8')
    new = update_changelog(text, '9.9.9', '\n## 9.9.9\n\n### New Features\n\n- A thing')
    assert new.index('9.9.9') < new.index('## 0.1.0') and new.startswith('# ')
    release.changefile.write_text(new, encoding='utf-8')
    assert release.latest_notes().startswith('### New Features')

@pytest.mark.parametrize('name', ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])
def test_links_of_the_repository(name):
    "What is read on the repository's page links to files that are there."
    links = re.findall(r'(?:\]\(|srcset=")([^):#"]+)[)"]', (ROOT/name).read_text(encoding='utf-8'))
    assert not [link for link in links if not (ROOT/link).exists()]

def test_citation():
    "The citation file is well-formed, and names the licence and the addresses that the package names."
    import yaml
    cite = yaml.safe_load((ROOT/'CITATION.cff').read_text(encoding='utf-8'))
    project = (ROOT/'pyproject.toml').read_text(encoding='utf-8')
    assert cite['cff-version']=='1.2.0' and {'message', 'title', 'authors'} <= set(cite)
    assert {'type', 'title', 'authors'} <= set(cite['preferred-citation'])
    assert cite['license']=='Apache-2.0' and cite['repository-code'] in project and cite['url'] in project
    assert cite['preferred-citation']['authors'][0]['family-names']=='Cazenavette'

MAIN = "if __name__=='__main__'"

def test_every_benchmark_runs_at_night():
    from benchmarks.__main__ import BRIEF
    scripts = {p.stem for p in (ROOT/'benchmarks').glob('*.py') if MAIN in p.read_text(encoding='utf-8')}
    assert set(BRIEF)==scripts - {'__main__'}

def test_sources_are_for_the_oldest_python():
    "No syntax newer than 3.10, and no module that came later unless there is another way."
    import ast
    late = {'tomllib'}
    for file in sorted(p for d in ('lgm_nb', 'tools', 'benchmarks', 'tests', 'zoo') for p in (ROOT/d).rglob('*.py')):
        source = file.read_text(encoding='utf-8')
        tree = ast.parse(source, str(file), feature_version=(3, 10))
        assert not any(isinstance(node, getattr(ast, 'TryStar', ())) for node in ast.walk(tree)), file
        for node in ast.walk(tree):
            if isinstance(node, ast.Import) and late & {a.name for a in node.names}:
                assert 'except ImportError' in source, file

def test_entry_points(info):
    points = configparser.ConfigParser()
    points.read_string(info('entry_points.txt').decode())
    lines = (ROOT/'settings.ini').read_text(encoding='utf-8').split('console_scripts =')[1].split()
    want = dict(line.split('=') for line in lines if line.startswith('lgm-'))
    assert len(want) >= 8 and dict(points['console_scripts'])==want
    for command, target in want.items():
        assert target.startswith('lgm_nb.cli') and target.endswith(f':{command.replace("-", "_")}'), command
    assert dict(points['nbdev'])=={'lgm_nb': 'lgm_nb._modidx:d'}

def test_metadata(info):
    meta = message_from_bytes(info('METADATA'))
    assert meta['License-Expression']=='Apache-2.0' and b'Apache License' in info('licenses/LICENSE')
    assert meta['Requires-Python']=='>=3.10'
    assert set(meta.get_all('Provides-Extra'))=={'lab', 'hub', 'demo', 'dev', 'video', 'zoo', 'umap', 'ray', 'finetune'}
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
    site = Path(ok(python, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))').stdout.strip())
    # A folder that a .pth adds has its own .pth files ignored, so an editable checkout stays out of sight.
    (site/'lent.pth').write_text('\n'.join({sysconfig.get_path('purelib'), sysconfig.get_path('platlib')}))
    pip = (sys.executable, '-m', 'pip', '--python', python)
    ok(*pip, 'install', '--no-deps', '--no-index', '--force-reinstall', wheel)
    return home

def test_every_command_away_from_the_checkout(elsewhere, info):
    "Each explains itself, from the wheel alone."
    points = configparser.ConfigParser()
    points.read_string(info('entry_points.txt').decode())
    for command in points['console_scripts']:
        said = ok(elsewhere/'env/bin'/command, '--help', cwd=elsewhere).stdout
        assert 'usage' in said and '--' in said, command

NAMES = '''
import importlib, json, pkgutil, lgm_nb
names = {}
for info in pkgutil.walk_packages(lgm_nb.__path__, 'lgm_nb.'):
    if info.name=='lgm_nb._modidx': continue
    module = importlib.import_module(info.name)
    names[info.name] = getattr(module, '__all__', [n for n in vars(module) if n[0] != '_'])
    for name in names[info.name]: getattr(module, name)
print(json.dumps(names))
'''

def test_every_public_name_away_from_the_checkout(elsewhere):
    "What a module says that it offers, it offers; `lgm_nb` and `lgm_nb.all` give the front door from the wheel alone."
    import lgm_nb
    python, door = elsewhere/'env/bin/python', [n for names in lgm_nb.FRONT_DOOR.values() for n in names]
    modules = last_json(ok(python, '-c', NAMES, cwd=elsewhere))
    assert set(door) <= {n for names in modules.values() for n in names}
    assert set(door) - {'Dataset'} <= set(modules['lgm_nb.all'])
    ok(python, '-c', f'from lgm_nb import {", ".join(door)}', cwd=elsewhere)

def test_demo_away_from_the_checkout(elsewhere, tiny):
    "The demo, short, from the wheel; its report says what it promises."
    python = elsewhere/'env/bin/python'
    where = ok(python, '-c', 'import lgm_nb; print(lgm_nb.__file__)', cwd=elsewhere).stdout.strip()
    assert Path(where).is_relative_to(elsewhere)
    command = [elsewhere/'env/bin/lgm-demo', '--backbone', tiny, '--report-on', tiny, '--steps', 10, '--out', 'runs']
    printed = ok(*command, cwd=elsewhere, timeout=1200).stdout
    assert '10 distilled images reach ' in printed and f'(probe on {tiny}, protocol fast)' in printed
    out = elsewhere/'runs'
    check_report(json.loads((out/'report.json').read_text()), tiny)
    assert (out/'evolution.gif').read_bytes()[:4]==b'GIF8'
    html = (out/'report.html').read_text(encoding='utf-8')
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html), 'the report asks another host for something'
    assert list(out.rglob('distilled.safetensors'))
