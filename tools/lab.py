"A JupyterLab of its own, with notebooks of one cell, for tests and pictures."
import contextlib, json, os, socket, subprocess, sys, time, urllib.request
from pathlib import Path

ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

def write_notebook(
    folder, # that the server serves
    name, # of the file, without its suffix
    cell, # source of the one cell
):
    "Write a notebook of one cell. Each has a kernel of its own, so what ran in another is not there."
    kernel = dict(kernelspec=dict(display_name='Python 3 (ipykernel)', language='python', name='python3'))
    cell = dict(cell_type='code', id='a1', metadata={}, source=cell, outputs=[], execution_count=None)
    (Path(folder)/f'{name}.ipynb').write_text(json.dumps(dict(cells=[cell], metadata=kernel, nbformat=4, nbformat_minor=5)))

def menu(page, *names):
    "Click through JupyterLab's menus."
    for name in names: page.locator(f'.lm-MenuBar-itemLabel:text-is("{name}"), .lm-Menu-itemLabel:text-is("{name}")').last.click(timeout=90_000)

@contextlib.contextmanager
def lab_server(
    home, # folder for settings, log and `work/a.ipynb`
    cell, # source of the one cell
    theme=None, # a theme of JupyterLab
):
    "Start JupyterLab on a free port; its address and the folder it serves."
    home = Path(home)
    (home/'work').mkdir(parents=True)
    write_notebook(home/'work', 'a', cell)
    settings = home/'settings/@jupyterlab/apputils-extension'
    settings.mkdir(parents=True)
    (settings/'notification.jupyterlab-settings').write_text(json.dumps(dict(fetchNews='false', checkForUpdates=False)))
    if theme: (settings/'themes.jupyterlab-settings').write_text(json.dumps(dict(theme=theme)))
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]
    env = dict(os.environ, JUPYTER_CONFIG_DIR=str(home/'c'), JUPYTER_DATA_DIR=str(home/'d'), IPYTHONDIR=str(home/'i'), JUPYTERLAB_SETTINGS_DIR=str(home/'settings'), OMP_NUM_THREADS='1')
    url = f'http://127.0.0.1:{port}'
    with open(home/'log', 'w') as log:
        server = subprocess.Popen([sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', f'--port={port}', '--ServerApp.port_retries=0', '--ServerApp.ip=127.0.0.1',
            '--IdentityProvider.token=test', f'--ServerApp.root_dir={home/"work"}'], env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 90
        while True:
            try: urllib.request.urlopen(f'{url}/api?token=test', timeout=10).close(); break
            except OSError:
                if server.poll() is not None or time.monotonic() > end: raise RuntimeError((home/'log').read_text())
                time.sleep(.2)
        yield f'{url}/lab/tree/a.ipynb?token=test', home/'work'
    finally:
        server.terminate()
        try: server.wait(30)
        except subprocess.TimeoutExpired: server.kill(); server.wait(10); raise RuntimeError('JupyterLab did not end within 30 s\n' + (home/'log').read_text())
