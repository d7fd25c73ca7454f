"""Execute notebooks and keep only what plays without a kernel in their saved outputs: `python tools/still_outputs.py nbs/09_widgets.ipynb …`

A widget's saved output holds a model id, which means nothing once its kernel has gone, beside the page that plays.
Whoever opens a notebook then gets JupyterLab's complaint instead of the page, so the id is left out.
With --renew nothing runs: saved pages keep what they hold and get the scripts and styles of today.
"""
import json, re, sys
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

PAGE = re.compile(r'<div data-lgm-player="lgm-\w+"><p>.*?</p>(?P<poster>.*?)</div>\n<script type="application/json" data-lgm-facts="lgm-\w+">(?P<facts>.*?)</script>.*', re.S)

def renew(path):
    from lgm_nb.views.sheets import still_html
    nb = nbformat.read(path, 4)
    for output in (o for c in nb.cells for o in c.get('outputs', [])):
        old = PAGE.fullmatch(output.get('data', {}).get('text/html', ''))
        if old: output['data']['text/html'] = still_html(json.loads(old['facts'])).replace('</p></div>', f"</p>{old['poster']}</div>", 1)
    nbformat.write(nb, path)

if __name__=='__main__':
    names = [a for a in sys.argv[1:] if a != '--renew']
    for path in names: (renew if '--renew' in sys.argv else execute)(path)
