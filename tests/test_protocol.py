"Kernel and views name their messages alike: both only use what protocol.json lists."
import ast, json
import pytest
from conftest import ROOT

[FILE] = (ROOT/'lgm_nb').rglob('protocol.json')
PROTOCOL = json.loads(FILE.read_text(encoding='utf-8'))
SOURCES = sorted((ROOT/'lgm_nb').rglob('*.py'))
TREES = {p.relative_to(ROOT).as_posix(): ast.parse(p.read_text(encoding='utf-8')) for p in SOURCES}

def text(node): return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
def called(node):
    return getattr(node.func, 'attr', getattr(node.func, 'id', None)) if isinstance(node, ast.Call) else None

def constant(node):
    "A kind: a string, or `TELL['sync']`, `TELL.sync`, `PROTOCOL['tell']['sync']`."
    if isinstance(node, ast.Subscript): return text(node.slice)
    return node.attr.lower() if isinstance(node, ast.Attribute) else text(node)

def told():
    "Messages that Python sends: file and line, kind, fields, and whether these are all of them."
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            keys = {k.arg: k.value for k in node.keywords} if isinstance(node, ast.Call) else {}
            if called(node)=='_tell' and node.args:
                yield f'{file}:{node.lineno}', constant(node.args[0]), set(keys) | {'run'}, None not in keys
            elif called(node)=='send' and node.args and called(node.args[0])=='dict':
                message = node.args[0]
                fields = {k.arg: k.value for k in message.keywords}
                if 'kind' not in fields: continue
                kind, whole = constant(fields.pop('kind')), not message.args and None not in fields
                yield f'{file}:{node.lineno}', kind, set(fields) - {None}, whole

def compares_ask(node):
    "Is it `ask==KIND` or `message.get('ask')==KIND`?"
    if not (isinstance(node, ast.Compare) and len(node.ops)==1 and isinstance(node.ops[0], ast.Eq)): return False
    return getattr(node.left, 'id', '')=='ask' or called(node.left)=='get' and text(node.left.args[0])=='ask'

def asked():
    "What Python hears: file and line, the value that `ask` is compared with, the fields that are read."
    for file, tree in TREES.items():
        for f in ast.walk(tree):
            if not isinstance(f, ast.FunctionDef): continue
            gets = [n for n in ast.walk(f) if called(n)=='get' and n.args]
            reads = {text(n.args[0]) for n in gets if getattr(n.func.value, 'id', '')=='message'}
            if 'ask' not in reads: continue
            kinds = {constant(n.comparators[0]) for n in ast.walk(f) if compares_ask(n)}
            yield f'{file}:{f.lineno}', kinds, reads - {'ask', None}

def test_python_tells_what_is_listed():
    messages = list(told())
    assert {kind for _, kind, _, _ in messages}==set(PROTOCOL['tell'])
    for where, kind, fields, whole in messages:
        listed = set(PROTOCOL['tell'][kind]['fields'])
        fits = fields==listed if whole else fields <= listed
        assert fits, f'{where}: {kind} has {sorted(fields)}; protocol.json has {sorted(listed)}'

def test_python_hears_what_is_listed():
    heard = list(asked())
    assert {k for _, kinds, _ in heard for k in kinds}==set(PROTOCOL['ask'])
    for where, kinds, reads in heard:
        assert reads <= {f for k in kinds for f in PROTOCOL['ask'][k]['fields']}, f'{where}: {sorted(reads)}'

@pytest.mark.parametrize('side', ['tell', 'ask'])
def test_every_message_is_described(side):
    for kind, message in PROTOCOL[side].items():
        assert set(message) <= {'about', 'fields', 'buffers'} and message['about'].endswith('.'), kind
