"""Run notebooks, slow cells too, and save their outputs small: each picture once, cleaned as nbdev cleans.

    python tools/outputs.py [--slim] [NOTEBOOK …]

Without names: all of nbs/. With --slim nothing runs; saved outputs are only made small.
"""
import base64, io, os, subprocess, sys
from pathlib import Path
from fastcore.nbio import read_nb, write_nb

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
LARGE = 40_000 # characters of base64: a larger picture is kept as JPEG, or in fewer colours

def fewer_colours(png):
    "The same plot in 128 colours: nobody sees the difference in lines and text."
    from PIL import Image
    image, small = Image.open(io.BytesIO(base64.b64decode(png))), io.BytesIO()
    image.convert('RGB').quantize(128, dither=Image.Dither.NONE).save(small, 'PNG', optimize=True)
    return min(png, base64.b64encode(small.getvalue()).decode(), key=len)

def slim_output(data):
    "Keep one picture. Jupyter saves a PIL picture both as PNG and as JPEG; a plot is a PNG alone."
    png = ''.join(data.get('image/png', ''))
    if not png: return
    is_plot = ''.join(data.get('text/plain', '')).startswith('<Figure')
    if 'image/jpeg' in data: del data['image/png' if len(png) > LARGE else 'image/jpeg']
    elif is_plot or len(png) > LARGE: data['image/png'] = fewer_colours(png)

def slim(path):
    "Make the saved outputs of a notebook small."
    nb = read_nb(path)
    nb.metadata.pop('widgets', None) # state for a kernel that is gone; the HTML beside it plays without one
    for cell in nb.cells:
        # Warnings name files of one machine, and progress bars one clock: neither is a result.
        if 'outputs' in cell: cell.outputs = [o for o in cell.outputs if o.get('name') != 'stderr']
        for output in cell.get('outputs', []): slim_output(output.get('data', {}))
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
