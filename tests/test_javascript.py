"The scripts of the views: their unit tests in Node, their size, and how they are joined into one."
import os, re, shutil, subprocess
import pytest
from conftest import ROOT, run
from lgm_nb.views import sheets
from lgm_nb.views.sheets import STATIC, join_modules
from lgm_nb.views.widgets import live_module

NODE = shutil.which('node')
TESTS = sorted((ROOT/'tests/js').glob('*.test.mjs'))
SCRIPTS = sorted(STATIC.glob('*.js'))
OTHERS = sorted(p for p in STATIC.iterdir() if p.suffix in ('.css', '.json'))
SOURCES = [*SCRIPTS, *OTHERS, *sorted((ROOT/'tests/js').iterdir())]
needs_node = pytest.mark.skipif(not NODE, reason='no node on this machine: these tests need Node 18 or newer')
def name(path): return path.name

# units

@needs_node
@pytest.mark.parametrize('bundled', [False, True], ids=['modules', 'bundle'])
def test_units(bundled, tmp_path):
    "The tests in tests/js pass for the modules, and for the one that Jupyter loads."
    env = dict(os.environ)
    if bundled:
        loads = re.compile(r'const \{ ([\w, ]+) \} = await load\(')
        texts = [test.read_text(encoding='utf-8') for test in TESTS]
        wanted = {n for text in texts for names in loads.findall(text) for n in names.split(', ')}
        env['LGM_BUNDLE'] = str(tmp_path/'bundle.mjs')
        exports = f'export {{ {", ".join(sorted(wanted))} }};\n'
        (tmp_path/'bundle.mjs').write_text(live_module() + exports, encoding='utf-8')
    done = subprocess.run([NODE, '--test', *map(str, TESTS)], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode==0, done.stdout + done.stderr
    assert int(re.search(r'(?:#|ℹ) pass (\d+)', done.stdout)[1]) >= 25

@needs_node
@pytest.mark.parametrize('view', ['evolution', 'levels', 'matrix', 'views'])
def test_pages_have_a_script_that_parses(view, tmp_path):
    file = tmp_path/'page.mjs'
    file.write_text(join_modules(f'{view}.js', seen := set()) + join_modules('still.js', seen), encoding='utf-8')
    done = run(NODE, '--check', file)
    assert done.returncode==0, done.stderr

# joining

def joined(tmp_path, monkeypatch, **files):
    "What a.js becomes, with the other files beside it."
    for file, text in files.items(): (tmp_path/f'{file}.js').write_text(text, encoding='utf-8')
    monkeypatch.setattr(sheets, 'STATIC', tmp_path)
    return join_modules('a.js')

def test_joining_takes_each_module_once_and_first_what_it_needs(tmp_path, monkeypatch):
    a = "import {\n  b,\n} from './b.js';\nimport { c } from './c.js';\nexport const a = b + c;\n"
    b, c = "import { c } from './c.js';\nexport const b = c;\n", 'export const c = 1;\n'
    text = joined(tmp_path, monkeypatch, a=a, b=b, c=c)
    assert text=='const c = 1;\nconst b = c;\nconst a = b + c;\n'

def test_joining_leaves_strings_alone(tmp_path, monkeypatch):
    strings = ["'export const x // no'", '"/* it\'s \\" */"', "`export ${1} import { b } from './b.js'; // `",
        "'https://example.org'"]
    comment = "// it's a comment\n/**\n * export `this\n */\n"
    text = joined(tmp_path, monkeypatch, a=comment + f"export const a = [{', '.join(strings)}]; // \"end\n")
    assert text==f'const a = [{", ".join(strings)}];\n'

def test_joining_refuses_strings_over_several_lines(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match='a.js: a string spans several lines'):
        joined(tmp_path, monkeypatch, a='const a = `one\n  two`;\n')

def test_the_bundle_needs_no_other_file():
    assert not re.search(r'^(?:import|export (?!default))|\bimport\(', live_module(), re.M)

def test_modules_share_no_name():
    "Joined, they have one scope: not even a private name may stand in two of them."
    names = re.compile(r'^(?:export )?(?:async )?(?:const|let|class|function) (\w+)', re.M)
    declared = [n for p in SCRIPTS for n in names.findall(p.read_text(encoding='utf-8'))]
    assert len(declared)==len(set(declared)) > 50, sorted({n for n in declared if declared.count(n) > 1})

# size

def spans(text):
    "First line and number of lines of each function body, and of each top-level declaration that is not a class."
    strings = re.compile(r"""'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|//[^\n]*|/\*.*?\*/""", re.S)
    bare = strings.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), text)
    for start in re.finditer(r'(?:\)|=>)\s*\{', bare):
        depth, end = 1, start.end()
        while depth:
            depth += {'{': 1, '}': -1}.get(bare[end], 0)
            end += 1
        yield bare.count('\n', 0, start.start()) + 1, bare.count('\n', start.start(), end) + 1
    lines = bare.splitlines()
    begins = re.compile(r'(?:export )?(?:async )?(?:const|let|function|class) ')
    first = [i for i, line in enumerate(lines) if begins.match(line)] + [len(lines)]
    for a, b in zip(first, first[1:]):
        if not re.match(r'(?:export )?class ', lines[a]): yield a + 1, len('\n'.join(lines[a:b]).rstrip().splitlines())

@pytest.mark.parametrize('file', SOURCES, ids=name)
def test_files_are_small(file):
    "At most 200 lines of at most 120 characters; functions of at most 40 lines."
    text = file.read_text(encoding='utf-8')
    lines = text.splitlines()
    assert len(lines) <= 200
    assert not [i for i, line in enumerate(lines, 1) if len(line) > 120]
    if file.suffix=='.js': assert not [(line, n) for line, n in spans(text) if n > 40]

def test_a_style_rule_has_a_line_of_its_own():
    for file in STATIC.glob('*.css'):
        for line in file.read_text(encoding='utf-8').splitlines():
            assert line.count('{') <= (2 if line.startswith('@') else 1), f'{file.name}: {line}'

def test_spans_are_counted():
    "The ruler itself."
    function, method = 'export function f() {\n' + '  g();\n'*3 + '}\n', '  m() {\n    if (x) {\n    }\n  }\n'
    text = function + 'class A {\n' + method + '}\nconst h = [\n1,\n];\n'
    assert sorted(spans(text))==[(1, 5), (1, 5), (7, 4), (8, 2), (12, 3)]
