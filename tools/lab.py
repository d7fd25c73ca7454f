"A JupyterLab of its own, with notebooks of one cell, for tests and pictures."
import contextlib, json, os, socket, subprocess, sys, time, urllib.request
from pathlib import Path

ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'] # for chromium: nothing but the page asks for anything

def write_notebook(
    folder, # that the server serves
    name, # of the file, without its suffix
    cell, # source of the one cell
):
    "Write a notebook of one cell."
    kernel = dict(kernelspec=dict(display_name='Python 3 (ipykernel)', language='python', name='python3'))
    cell = dict(cell_type='code', id='a1', metadata={}, source=cell, outputs=[], execution_count=None)
    notebook = dict(cells=[cell], metadata=kernel, nbformat=4, nbformat_minor=5)
    (Path(folder)/f'{name}.ipynb').write_text(json.dumps(notebook))

def menu(page, *names):
    "Click through JupyterLab's menus."
    for name in names:
        items = [f'.{part}-itemLabel:text-is("{name}")' for part in ('lm-MenuBar', 'lm-Menu')]
        page.locator(', '.join(items)).last.click(timeout=90_000)

def free_port():
    "A port that nothing listens on."
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

def _write_settings(folder, theme):
    "Settings of JupyterLab without questions and look-ups."
    folder.mkdir(parents=True)
    quiet = dict(fetchNews='false', checkForUpdates=False)
    (folder/'notification.jupyterlab-settings').write_text(json.dumps(quiet))
    if theme: (folder/'themes.jupyterlab-settings').write_text(json.dumps(dict(theme=theme)))

def _start(home, port):
    "JupyterLab as a process that keeps everything of its own in `home`."
    folders = dict(JUPYTER_CONFIG_DIR='c', JUPYTER_DATA_DIR='d', IPYTHONDIR='i', JUPYTERLAB_SETTINGS_DIR='settings')
    env = dict(os.environ, **{name: str(home/part) for name, part in folders.items()}, OMP_NUM_THREADS='1')
    options = ['--no-browser', '--allow-root', f'--port={port}', '--ServerApp.port_retries=0',
        '--ServerApp.ip=127.0.0.1', '--IdentityProvider.token=test', f'--ServerApp.root_dir={home/"work"}']
    with open(home/'log', 'w') as log:
        command = [sys.executable, '-m', 'jupyterlab', *options]
        return subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)

def _wait_for(url, server, log, seconds=90):
    "Wait until JupyterLab answers; RuntimeError with its log if it does not."
    end = time.monotonic() + seconds
    while True:
        try: return urllib.request.urlopen(f'{url}/api?token=test', timeout=10).close()
        except OSError as e:
            if server.poll() is not None or time.monotonic() > end: raise RuntimeError(log.read_text()) from e
            time.sleep(.2)

def _end(server, log):
    server.terminate()
    try: server.wait(30)
    except subprocess.TimeoutExpired as e:
        server.kill()
        server.wait(10)
        raise RuntimeError('JupyterLab did not end within 30 s\n' + log.read_text()) from e

@contextlib.contextmanager
def lab_server(
    home, # folder for settings, log and `work/a.ipynb`
    cell, # source of the one cell; None to open what is in the folder
    theme=None, # a theme of JupyterLab
):
    "Start JupyterLab on a free port; gives its address and the folder it serves."
    home = Path(home)
    if cell is not None:
        (home/'work').mkdir(parents=True)
        write_notebook(home/'work', 'a', cell)
        _write_settings(home/'settings/@jupyterlab/apputils-extension', theme)
    port = free_port()
    url, server = f'http://127.0.0.1:{port}', _start(home, port)
    try:
        _wait_for(url, server, home/'log')
        yield f'{url}/lab/tree/a.ipynb?token=test', home/'work'
    finally: _end(server, home/'log')
