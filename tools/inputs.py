"""What a figure is made from: the code that it imports, without comments and docstrings, and the files that this reads.

Everything is found in the sources themselves: imports, wherever they stand; the folders that `package_path` names; the
saved results that a notebook reads. A file `__init__.py` or `all.py` only hands names on, so it is looked through.
"""
import ast, functools, hashlib, json
from pathlib import Path

HALLS = ('__init__.py', 'all.py')
NO_INPUT = {('benchmarks/common.py', 'benchmarks/plots.py')} # draws what was measured, and changes no number of it
RESULTS = 'benchmarks/results'

def digest(content):
    "A short hash of text or bytes."
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()[:16]

def documented(node):
    "Does the body of a node start with a docstring?"
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, holders) and ast.get_docstring(node, clean=False) is not None

def plain(node):
    "A syntax tree without positions and docstrings; unlike `ast.dump`, the same in every version of Python."
    if isinstance(node, list): return [plain(n) for n in node]
    if not isinstance(node, ast.AST): return repr(node)
    fields = {name: value for name, value in ast.iter_fields(node) if value is not None and value != []}
    if documented(node): fields['body'] = node.body[1:]
    return [type(node).__name__, *([name, plain(value)] for name, value in fields.items())]

def as_python(line):
    "A line of a notebook; a magic becomes a call, so that it can be parsed and still counts."
    code = line.lstrip()
    return f'{line[:len(line) - len(code)]}magic({code!r})' if code.startswith(('%', '!')) else line

def notebook(file): return json.loads(file.read_text(encoding='utf-8'))

def source_of(file):
    "The code of a module or of a notebook."
    if file.suffix != '.ipynb': return file.read_text(encoding='utf-8')
    cells = [''.join(c['source']) for c in notebook(file)['cells'] if c['cell_type']=='code']
    return '\n'.join(as_python(line) for cell in cells for line in cell.splitlines())

def outputs_digest(file):
    "A hash of what was made: of a notebook its saved outputs, of any other file its content."
    if file.suffix != '.ipynb': return digest(file.read_bytes())
    outputs = [c['outputs'] for c in notebook(file)['cells'] if c['cell_type']=='code']
    return digest(json.dumps(outputs, sort_keys=True))

def folder_digest(folder, by_size=False):
    "A hash of all files below a folder; `by_size`: of their names and sizes, for what is too large to read."
    files = sorted(p for p in folder.rglob('*') if p.is_file() and '__pycache__' not in p.parts)
    def identity(p): return p.stat().st_size if by_size else digest(p.read_bytes())
    return digest(repr([(p.relative_to(folder).as_posix(), identity(p)) for p in files]))

class Sources:
    "The sources of a repository; each is parsed once."
    def __init__(self,
        root, # of the repository
        *tops, # further folders, relative to it, from which modules are imported
    ):
        self.root, self.tops = root, [root, *(root/t for t in tops)]
        self.tree, self.imports = functools.cache(self._tree), functools.cache(self._imports)
        self.folders = functools.cache(self._folders)
        self.code_digest = functools.cache(lambda file: digest(repr(plain(self.tree(file)))))

    def _tree(self, file): return ast.parse(source_of(file), str(file))
    def name(self, file): return file.relative_to(self.root).as_posix()
    def nodes(self, file, *kinds): return [n for n in ast.walk(self.tree(file)) if isinstance(n, kinds)]

    def module(self, name):
        "The file of a module; None if it is not of this repository."
        path = name.replace('.', '/')
        files = [top/f'{path}{ending}' for top in self.tops for ending in ('.py', '/__init__.py')]
        return next((f for f in files if f.is_file()), None)

    def base(self, file, node):
        "The full name of the module that a `from … import` names."
        if not node.level: return node.module
        package = file.relative_to(self.root).parent.parts
        parts = package[:len(package) - node.level + 1]
        return '.'.join((*parts, node.module) if node.module else parts)

    def origin(self, base, name):
        "The file that `from base import name` takes the name from; None if that is not of this repository."
        if (found := self.module(f'{base}.{name}')) is not None: return found
        file = self.module(base)
        return self.handed_on(file).get(name) if file and file.name in HALLS else file

    def handed_on(self, hall):
        "The names that a hall takes from other modules, each with its file."
        found = {}
        for node in self.nodes(hall, ast.ImportFrom):
            base = self.base(hall, node)
            for alias in node.names:
                if alias.name != '*': found[alias.asname or alias.name] = self.origin(base, alias.name)
                elif (other := self.module(base)) is not None: found |= self.handed_on(other)
        return found

    def _star(self, file, hall):
        "What `from hall import *` gives to a file: the names that it uses."
        used = {n.id for n in self.nodes(file, ast.Name)}
        return [f for name, f in self.handed_on(hall).items() if name in used]

    def _imports(self, file):
        "The files of this repository that a file imports, wherever the import stands."
        found = [self.module(alias.name) for node in self.nodes(file, ast.Import) for alias in node.names]
        for node in self.nodes(file, ast.ImportFrom):
            base = self.base(file, node)
            whole = self.module(base) if node.names[0].name=='*' else None
            if whole and whole.name in HALLS: found += self._star(file, whole)
            else: found += [whole or self.origin(base, alias.name) for alias in node.names]
        return {f for f in found if f and (self.name(file), self.name(f)) not in NO_INPUT}

    def closure(self, files):
        "Files, and all that they import, and what these import."
        found, waiting = set(), list(files)
        while waiting:
            file = waiting.pop()
            if file in found or file.name in HALLS: continue
            found.add(file)
            waiting += self.imports(file)
        return sorted(found)

    def texts(self, file, nodes):
        "Texts among some nodes: constants, and names that the file gives to one."
        given = {t.id: n.value for n in self.nodes(file, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
        each = (given.get(n.id) if isinstance(n, ast.Name) else n for n in nodes)
        return [n.value for n in each if isinstance(n, ast.Constant) and isinstance(n.value, str)]

    def _folders(self, file):
        "The folders that a file names by `package_path`, and the saved results that a notebook names."
        found = []
        for call in self.nodes(file, ast.Call):
            if getattr(call.func, 'id', '') != 'package_path' or not call.args: continue # the package itself is no data
            found.append(self.root.joinpath('lgm_nb', *self.texts(file, call.args)))
        if file.suffix != '.ipynb' or RESULTS not in source_of(file): return found
        said = {n.value for n in self.nodes(file, ast.Constant) if isinstance(n.value, str)}
        names = {Path(text).stem for text in said if '\n' not in text}
        return found + [f for f in (self.root/RESULTS).glob('*.json') if f.stem in names]

    def inputs(self, files):
        "Every input of files of code: its name, and its hash."
        code = self.closure(files)
        data = {d for file in code for d in self.folders(file) if d.exists()}
        found = {self.name(f): self.code_digest(f) for f in code}
        return found | {self.name(d): folder_digest(d) if d.is_dir() else digest(d.read_bytes()) for d in sorted(data)}
