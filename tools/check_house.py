"""Fail where the house outgrows its measures: `python tools/check_house.py [ROOM …]` (`core`, `data`, …; all without).

At most: lines of 120 characters, exported cells of 40 lines, modules of 350, classes of 150, functions of 7 parameters
(the front door and the commands may have more), 90 names in `lgm_nb.all` and 40 at the front door.
"""
import ast, re, sys
from pathlib import Path
from fastcore.nbio import read_nb

ROOT = Path(__file__).resolve().parents[1]
LINE, CELL, MODULE, CLASS, PARAMETERS, NAMES, DOOR = 120, 40, 350, 150, 7, 90, 40
GENERATED = ('_modidx.py',)

def cells(room):
    "Exported cells that are too long, or have lines that are."
    for path in sorted((ROOT/'nbs'/room).glob('*.ipynb')):
        for cell in read_nb(path).cells:
            if cell.cell_type!='code' or not re.match(r'#\|\s*export', cell.source): continue
            lines = [line for line in cell.source.splitlines() if not line.startswith('#|')]
            name = f'{path.relative_to(ROOT)} cell {cell.id}'
            if len(lines) > CELL: yield f'{name}: {len(lines)} lines, at most {CELL}'
            yield from (f'{name}: a line of {len(line)} characters' for line in lines if len(line) > LINE)

def parameters(node):
    "How many parameters a function takes, without `self` and `cls`."
    given = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
    return len([a for a in given if a.arg not in ('self', 'cls')])

def functions(tree, owner=''):
    "Every function of a module with its full name and the class that it belongs to."
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef): yield from functions(node, node.name)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)): yield owner, node

def modules(room, door):
    "Modules, classes and parameter lists that are too long."
    for path in sorted((ROOT/'lgm_nb'/room).glob('*.py')):
        if path.name in GENERATED: continue
        text, name = path.read_text(encoding='utf-8'), path.relative_to(ROOT)
        tree, lines = ast.parse(text), len(text.splitlines())
        if lines > MODULE: yield f'{name}: {lines} lines, at most {MODULE}'
        for node in ast.walk(tree):
            size = node.end_lineno - node.lineno + 1 if isinstance(node, ast.ClassDef) else 0
            if size > CLASS: yield f'{name}: class {node.name} has {size} lines, at most {CLASS}'
        for owner, node in functions(tree):
            free = node.name in door or owner in door or node.name.startswith('lgm_')
            who = f'{owner}.{node.name}' if owner else node.name
            if not free and parameters(node) > PARAMETERS:
                yield f'{name}: {who} takes {parameters(node)} parameters, at most {PARAMETERS}'

def names(door):
    "Too many names at the front door, or in `lgm_nb.all`."
    import lgm_nb.all
    if len(door) > DOOR: yield f'lgm_nb: {len(door)} names at the front door, at most {DOOR}'
    public = [n for n in vars(lgm_nb.all) if not n.startswith('_')]
    if len(public) > NAMES: yield f'lgm_nb.all: {len(public)} names, at most {NAMES}'

def main(rooms):
    import lgm_nb
    door = {n for names in lgm_nb.FRONT_DOOR.values() for n in names}
    every = sorted(p.name for p in (ROOT/'lgm_nb').iterdir() if (p/'__init__.py').exists())
    faults = [f for room in rooms or every for f in (*cells(room), *modules(room, door))]
    if not rooms: faults += names(door)
    if faults: sys.exit('\n'.join(faults) + f'\n{len(faults)} measures exceeded')
    print('The house keeps its measures.')

if __name__=='__main__': main(sys.argv[1:])
