"""Execute notebooks and keep only what plays without a kernel in their saved outputs.

    python tools/still_outputs.py [--renew] nbs/views/02_widgets.ipynb …

A widget's saved output holds a model id, which means nothing once its kernel has gone, beside the page that plays.
Whoever opens a notebook then gets JupyterLab's complaint instead of the page, so the id is left out.
With --renew nothing runs: saved pages keep what they hold and get the scripts and styles of today.
"""
import json, re, sys
import nbformat
from nbclient import NotebookClient

LIVE = 'application/vnd.jupyter.widget-view+json'

def execute(path):
    "Run a notebook, and drop what needs its kernel."
    nb = nbformat.read(path, 4)
    client = NotebookClient(nb, timeout=600, kernel_name='python3', store_widget_state=False,
        resources=dict(metadata=dict(path='nbs')))
    client.execute()
    nb.metadata.pop('widgets', None)
    for cell in nb.cells:
        cell.get('outputs', [])[:] = [o for o in cell.get('outputs', []) if o.output_type != 'stream']
        for output in cell.get('outputs', []): output.get('data', {}).pop(LIVE, None)
    nbformat.write(nb, path)

PAGE = re.compile(r"""
    <div\ data-lgm-player="lgm-\w+"><p>.*?</p>(?P<poster>.*?)</div>\n
    <script\ type="application/json"\ data-lgm-facts="lgm-\w+">(?P<facts>.*?)</script>.*
    """, re.S|re.X)

def renew_page(html):
    "A saved page with the scripts of today; any other output as it is."
    from lgm_nb.views.sheets import still_html
    old = PAGE.fullmatch(html)
    if not old: return html
    return still_html(json.loads(old['facts'])).replace('</p></div>', f"</p>{old['poster']}</div>", 1)

def renew(path):
    "Give the saved pages of a notebook the scripts of today, and drop what needs a kernel."
    nb = nbformat.read(path, 4)
    nb.metadata.pop('widgets', None)
    for output in (o for c in nb.cells for o in c.get('outputs', [])):
        data = output.get('data', {})
        data.pop(LIVE, None)
        if 'text/html' in data: data['text/html'] = renew_page(data['text/html'])
    nbformat.write(nb, path)

if __name__=='__main__':
    work = renew if '--renew' in sys.argv else execute
    for path in sys.argv[1:]:
        if path != '--renew': work(path)
