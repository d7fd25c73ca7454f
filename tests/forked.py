"""Commands of the package as processes that start at once.

A fresh process spends five seconds of CPU time on imports. So one process imports everything, computes nothing, and
forks a child for each command: a process of its own, with its own signals and exit code, which can be killed.
"""
import atexit, json, os, runpy, signal, socket, subprocess, sys, tempfile, time
from pathlib import Path

class Forked:
    "A command in a child of the server; what the tests use of `subprocess.Popen`."
    def __init__(self, args, cwd=None):
        self.args, self.returncode = [str(a) for a in args], None
        self.stdout, self.stderr = (tempfile.TemporaryFile('w+', encoding='utf-8') for _ in range(2))
        asked = dict(args=self.args, cwd=str(cwd or os.getcwd()), env=dict(os.environ))
        self.pid = ask(asked, [self.stdout.fileno(), self.stderr.fileno()])

    def poll(self):
        if self.returncode is None: self.returncode = ask(dict(pid=self.pid))
        return self.returncode

    def wait(self, timeout=600):
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end: raise subprocess.TimeoutExpired(self.args, timeout)
            time.sleep(.01)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None: os.kill(self.pid, number)

    def kill(self): self.send_signal(signal.SIGKILL)

    def communicate(self, timeout=600):
        self.wait(timeout)
        for file in (self.stdout, self.stderr): file.seek(0)
        return self.stdout.read(), self.stderr.read()

_SERVER = []

def ask(message, files=()):
    "Ask the server, which starts with the first question, for a child's process number or its exit code."
    if not _SERVER:
        ours, theirs = socket.socketpair()
        command = [sys.executable, __file__, str(theirs.fileno())]
        server = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        _SERVER.extend((ours, server))
        atexit.register(lambda: (ours.close(), server.wait(30))) # it ends when nobody can ask any more
    socket.send_fds(_SERVER[0], [json.dumps(message).encode() + b'\n'], files)
    return json.loads(_line(_SERVER[0])[0])

def _line(sock):
    "A line, and the files that came with it; an empty one at the end."
    text, files = b'', []
    while not text.endswith(b'\n'):
        part, more, *_ = socket.recv_fds(sock, 65536, 2)
        files += more
        if not part: return b'', files
        text += part
    return text, files

def serve(sock):
    "Fork a child for each command. Returns the command in the child, and None in the server once nobody asks."
    while True:
        text, files = _line(sock)
        if not text: return None
        asked = json.loads(text)
        if 'pid' in asked:
            pid, status = os.waitpid(asked['pid'], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        elif (answer := os.fork()) == 0:
            sock.close()
            for number, file in enumerate(files, 1): os.dup2(file, number)
            for file in files: os.close(file)
            return asked
        for file in files: os.close(file)
        sock.sendall(json.dumps(answer).encode() + b'\n')

def main():
    import timm.models.byobnet, timm.models.vision_transformer # noqa: F401, E401
    import lgm_nb.all, lgm_nb.cli.distil, lgm_nb.cli.measure, lgm_nb.cli.tables # noqa: F401, E401
    signal.signal(signal.SIGINT, signal.SIG_IGN) # Ctrl-C is for the tests
    asked = serve(socket.socket(fileno=int(sys.argv[1])))
    if asked is None: return
    # A parent that was started in the background, or by nohup, hands down ignored signals; a terminal would not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.chdir(asked['cwd'])
    os.environ.clear()
    os.environ.update(asked['env'])
    command, *args = asked['args']
    sys.argv = ['lgm_nb', Path(command).name.removeprefix('lgm-'), *args]
    runpy.run_module('lgm_nb', run_name='__main__')

if __name__=='__main__': main()
