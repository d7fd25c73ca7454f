"The wheel holds all it needs, and works where there is no checkout."
import configparser, json, re, shutil, subprocess, sys, sysconfig, venv, zipfile
from email import message_from_bytes
from pathlib import Path
import pytest
from conftest import BIN, ROOT, check_report, ok

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

@pytest.fixture
def copy(tmp_path):
    "A copy of what nbdev's release commands touch."
    for name in ('nbs', 'lgm_nb'): shutil.copytree(ROOT/name, tmp_path/name, ignore=shutil.ignore_patterns('__pycache__', '.ipynb_checkpoints'))
    for name in ('pyproject.toml', 'settings.ini', 'setup.py', 'CHANGELOG.md', 'README.md', 'LICENSE', 'MANIFEST.in'): shutil.copy(ROOT/name, tmp_path)
    return tmp_path

def test_version_is_bumped_in_one_place(copy):
    "`nbdev-bump-version` changes one file, and the build reads it there."
    def digests(): return {p: p.read_bytes() for p in copy.rglob('*') if p.is_file() and '__pycache__' not in p.parts}
    before = digests()
    done = ok(BIN/'nbdev-bump-version', '--part', 1, cwd=copy).stdout
    assert [p.relative_to(copy).as_posix() for p,b in digests().items() if before.get(p) != b]==['lgm_nb/__init__.py']
    new = done.split()[-1]
    built = ok(sys.executable, '-c', 'from setuptools import build_meta as b; import sys; print(b.prepare_metadata_for_build_wheel(sys.argv[1]))', copy, cwd=copy).stdout.split()[-1]
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
    links = re.findall(r'\]\(([^):#]+)\)', (ROOT/name).read_text(encoding='utf-8'))
    assert not [link for link in links if not (ROOT/link).exists()]

def test_citation():
    "The citation file is well-formed, and names the licence and the addresses that the package names."
    import yaml
    cite = yaml.safe_load((ROOT/'CITATION.cff').read_text(encoding='utf-8'))
    project = (ROOT/'pyproject.toml').read_text(encoding='utf-8')
    assert cite['cff-version']=='1.2.0' and {'message', 'title', 'authors'} <= set(cite) and {'type', 'title', 'authors'} <= set(cite['preferred-citation'])
    assert cite['license']=='Apache-2.0' and cite['repository-code'] in project and cite['url'] in project
    assert cite['preferred-citation']['authors'][0]['family-names']=='Cazenavette'

def yaml_files():
    import yaml
    return {f.relative_to(ROOT/'.github').as_posix(): yaml.safe_load(f.read_text(encoding='utf-8')) for f in sorted((ROOT/'.github').rglob('*.y*ml'))}

def steps(workflow): return [step for job in workflow['jobs'].values() for step in job['steps']]

MADE = {'_docs', 'build/benchmarks'} # written by what runs before

def test_workflows_run_what_people_run():
    "Whatever a workflow runs is a target of the Makefile or the script of the checks; the files that it names are there."
    files = {name.split('/')[1]: content for name, content in yaml_files().items() if name.startswith('workflows/')}
    assert set(files)=={'test.yaml', 'nightly.yaml', 'docs.yaml'}
    for name, content in files.items():
        assert content[True], f'{name}: never runs' # YAML reads the key `on` as true
        for step in steps(content):
            if 'run' in step:
                target = re.fullmatch(r'make (?:--keep-going )?([a-z-]+)', step['run'])
                assert step['run'].startswith('test -z') or step['run']=='bash .ci/run' and (ROOT/'.ci/run').is_file() or target and target[1] in targets(), f'{name}: {step["run"]}'
            else: assert re.fullmatch(r'actions/[a-z-]+@v\d+', step['uses']), f'{name}: {step}'
            for key, path in step.get('with', {}).items():
                if key in ('path', 'cache-dependency-path'): assert path in MADE or (ROOT/path).exists(), f'{name}: {path}'
    assert 'make test' in (ROOT/'.ci/run').read_text()
    assert any('make --keep-going nightly'==s.get('run') for s in steps(files['nightly.yaml']))
    pythons = files['test.yaml']['jobs']['test']['strategy']['matrix']['python']
    said = re.findall(r'Python :: (3\.\d+)', (ROOT/'settings.ini').read_text(encoding='utf-8'))
    assert pythons==said==['3.10', '3.11', '3.12', '3.13'], 'what is tested is not what is promised'

def targets():
    "Targets of the Makefile, each with what it needs and the lines that it runs."
    text = (ROOT/'Makefile').read_text(encoding='utf-8')
    return {name: (needs.split(), body.strip().splitlines()) for name, needs, body in re.findall(r'^([a-z-]+):(.*)\n((?:\t.*\n)*)', text, re.M)}

def test_make_names_what_is_there():
    "Each tool, module and command in the Makefile exists, and the nightly target runs slow cells, slow tests and benchmarks."
    made = targets()
    assert set(made['nightly'][0])=={'slow-cells', 'slow-tests', 'benchmarks'} <= set(made)
    assert '--flags slow' in made['slow-cells'][1][0] and '-m slow' in made['slow-tests'][1][0] and '-m benchmarks' in made['benchmarks'][1][0]
    for name, (needs, body) in made.items():
        assert all(n in made or n=='$(READY)' for n in needs), name
        for line in body:
            for tool in re.findall(r'\btools/\w+\.py', line): assert (ROOT/tool).is_file(), f'{name}: {tool}'
            for module in re.findall(r'-m (benchmarks[.\w]*)', line): assert any((ROOT/module.replace('.', '/')).with_suffix(s).exists() for s in ('', '.py')), f'{name}: {module}'
            for command in re.findall(r'\$\(BIN\)/([\w-]+)', line): assert (BIN/command).exists(), f'{name}: {command} is not among what `dev` installs'
        ok('make', '--dry-run', name, cwd=ROOT)

def test_every_benchmark_runs_at_night():
    from benchmarks.__main__ import BRIEF
    scripts = {p.stem for p in (ROOT/'benchmarks').glob('*.py') if "if __name__=='__main__'" in p.read_text(encoding='utf-8')} - {'__main__'}
    assert set(BRIEF)==scripts

def test_issue_forms():
    "Each is what GitHub takes: a name, a description, and fields with names of their own."
    forms = {name: form for name, form in yaml_files().items() if name.startswith('ISSUE_TEMPLATE/') and 'config' not in name}
    assert {Path(n).stem for n in forms} >= {'bug', 'idea', 'page'}
    for name, form in forms.items():
        assert form['name'] and form['description'], name
        fields = [f for f in form['body'] if f['type'] != 'markdown']
        assert all(f['type'] in ('input', 'textarea', 'dropdown', 'checkboxes') and f['attributes']['label'] for f in fields), name
        assert len({f['id'] for f in fields})==len(fields) and any(f.get('validations', {}).get('required') for f in fields), name

def test_sources_are_for_the_oldest_python():
    "No syntax newer than 3.10, and no module that came later unless there is another way."
    import ast
    late = {'tomllib'}
    for file in sorted(p for d in ('lgm_nb', 'tools', 'benchmarks', 'tests', 'zoo') for p in (ROOT/d).rglob('*.py')):
        source = file.read_text(encoding='utf-8')
        tree = ast.parse(source, str(file), feature_version=(3, 10))
        assert not any(isinstance(node, getattr(ast, 'TryStar', ())) for node in ast.walk(tree)), file
        for node in ast.walk(tree):
            if isinstance(node, ast.Import) and late & {a.name for a in node.names}: assert 'except ImportError' in source, file

def test_entry_points(info):
    points = configparser.ConfigParser()
    points.read_string(info('entry_points.txt').decode())
    commands = [line.split('=')[0].strip() for line in (ROOT/'settings.ini').read_text().split('console_scripts =')[1].split() if line.startswith('lgm-')]
    assert len(commands) >= 8
    want = {c: next(t for t in points['console_scripts'].values() if re.fullmatch(rf'lgm_nb\.cli\.\w+:{c.replace("-", "_")}', t)) for c in commands}
    assert dict(points['console_scripts'])==want
    assert dict(points['nbdev'])=={'lgm_nb': 'lgm_nb._modidx:d'}

def test_metadata(info):
    meta = message_from_bytes(info('METADATA'))
    assert meta['License-Expression']=='Apache-2.0' and b'Apache License' in info('licenses/LICENSE')
    assert meta['Requires-Python']=='>=3.10'
    assert set(meta.get_all('Provides-Extra'))=={'lab', 'hub', 'demo', 'dev', 'video', 'zoo', 'umap', 'ray'}
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

def test_every_command_away_from_the_checkout(elsewhere, info):
    "Each explains itself, from the wheel alone."
    points = configparser.ConfigParser()
    points.read_string(info('entry_points.txt').decode())
    for command in points['console_scripts']:
        said = ok(elsewhere/'env/bin'/command, '--help', cwd=elsewhere).stdout
        assert 'usage' in said and '--' in said, command

NAMES = '''
import importlib, pkgutil, lgm_nb
for info in pkgutil.iter_modules(lgm_nb.__path__):
    module = importlib.import_module(f'lgm_nb.{info.name}')
    for name in getattr(module, '__all__', []): print(f'{info.name}.{name}', getattr(module, name) is None)
'''

def test_every_public_name_away_from_the_checkout(elsewhere):
    "What a module says that it offers, it offers; and everything but the commands comes with `lgm_nb.all`."
    python = elsewhere/'env/bin/python'
    names = [line.split()[0] for line in ok(python, '-c', NAMES, cwd=elsewhere).stdout.splitlines()]
    assert {'data.open_dataset', 'distill.distill', 'probing.compare'} <= set(names)
    want = [name.split('.')[1] for name in names if not name.startswith('cli.')]
    ok(python, '-c', f'from lgm_nb.all import *; missing = [n for n in {want!r} if n not in globals()]; assert not missing, missing', cwd=elsewhere)

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
