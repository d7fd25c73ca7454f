"""Execute notebooks and keep only what plays without a kernel in their saved outputs: `python tools/still_outputs.py nbs/09_widgets.ipynb …`

A widget's saved output holds a model id, which means nothing once its kernel has gone, beside the page that plays.
Whoever opens a notebook then gets JupyterLab's complaint instead of the page, so the id is left out.
"""
import sys
import nbformat
from nbclient import NotebookClient

def execute(path):
    nb = nbformat.read(path, 4)
    NotebookClient(nb, timeout=600, kernel_name='python3', store_widget_state=False, resources=dict(metadata=dict(path='nbs'))).execute()
    nb.metadata.pop('widgets', None)
    for cell in nb.cells:
        cell.get('outputs', [])[:] = [o for o in cell.get('outputs', []) if o.output_type != 'stream']
        for output in cell.get('outputs', []): output.get('data', {}).pop('application/vnd.jupyter.widget-view+json', None)
    nbformat.write(nb, path)

if __name__=='__main__':
    for path in sys.argv[1:]: execute(path)
