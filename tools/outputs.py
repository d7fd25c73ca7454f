"""Run notebooks, slow cells too, and save their outputs small: each picture once, cleaned as nbdev cleans.

    python tools/outputs.py [--slim] [NOTEBOOK …]

Without names: all of nbs/. With --slim nothing runs; saved outputs are only made small.
"""
import os, subprocess, sys
from pathlib import Path
from fastcore.nbio import read_nb, write_nb

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
LARGE = 40_000 # characters of base64: above that a JPEG will do

def slim(path):
    "Jupyter saves a PIL picture both as PNG and as JPEG: keep the PNG, or the JPEG where the PNG is large."
    nb = read_nb(path)
    for cell in nb.cells:
        for output in cell.get('outputs', []):
            data = output.get('data', {})
            if {'image/png', 'image/jpeg'} <= data.keys(): del data['image/png' if len(''.join(data['image/png'])) > LARGE else 'image/jpeg']
    write_nb(nb, path)

def execute(path):
    "Run every cell in the notebook's own folder, as JupyterLab would."
    subprocess.run([BIN/'jupyter', 'nbconvert', '--to', 'notebook', '--execute', '--inplace', '--log-level=ERROR',
                    '--ExecutePreprocessor.timeout=-1', path], check=True, env=dict(os.environ, PYTHONPATH=str(ROOT)))

def main(args):
    paths = [Path(a).resolve() for a in args if a != '--slim'] or sorted((ROOT/'nbs').rglob('[!.]*.ipynb'))
    for path in paths:
        if '.ipynb_checkpoints' in path.parts: continue
        if '--slim' not in args: execute(path)
        slim(path)
        subprocess.run([BIN/'nbdev-clean', '--fname', path], check=True, cwd=ROOT)
        print(f'{path.relative_to(ROOT)}: {path.stat().st_size/1000:.0f} kB')

if __name__=='__main__': main(sys.argv[1:])
