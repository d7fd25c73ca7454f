"What the tests share. They drive the installed package, as a user would, through its commands."
import json, re, signal, subprocess, sys, time
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

def tiny_name():
    "The first embedded network that the zoo's index files name."
    names = sorted({n for p in (ROOT/'lgm_nb/backbones/zoo').glob('*.json')
                    for n in re.findall(r'tiny-[a-z0-9]+(?:-[a-z0-9]+)*', p.stem+' '+p.read_text(encoding='utf-8'))})
    assert names, 'lgm_nb/zoo/*.json names no tiny-… network'
    return names[0]

def run(*args, cwd=None, timeout=600):
    "Run a command; its output, both streams and the exit code, without judging it."
    return subprocess.run([str(a) for a in args], cwd=cwd, timeout=timeout, capture_output=True, text=True)

def start_until(there, *args, cwd=None, timeout=600):
    "Start a command, and come back when a condition holds but it is still running."
    # A parent that was started in the background hands down an ignored SIGINT; a terminal would not.
    restore = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen([str(a) for a in args], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=restore)
    end = time.monotonic() + timeout
    while not there():
        assert process.poll() is None, f'ended too early: {process.stderr.read()}'
        assert time.monotonic() < end, 'waited in vain'
        time.sleep(.02)
    return process

def interrupted(process):
    "Press Ctrl-C; what was said to standard error. The exit code is 130, as a shell expects."
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode==130 and 'Traceback' not in errors, errors
    return errors

def half_written(folder):
    "Files and folders under a temporary name."
    return [p.name for p in folder.rglob('*') if p.name[0]=='.' or p.suffix=='.tmp']

def ok(*args, **kwargs):
    "Run a command that must succeed."
    done = run(*args, **kwargs)
    assert done.returncode==0, f'{args} exited {done.returncode}\n{done.stdout}\n{done.stderr}'
    return done

def last_json(done):
    "What a `--json` command says in its last line."
    return json.loads(done.stdout.strip().splitlines()[-1])

def check_report(report, name):
    "The contract of report.json and of the last line of `lgm-compare --json`."
    assert set(report)=={'distilled_with', 'rows', 'seconds'} and report['distilled_with']==name
    assert 'distilled' in report['rows'] and set(report['rows']) <= {'distilled', 'random', 'centroid', 'neighbour', 'full'}
    for row in report['rows'].values():
        assert name in row
        for score in row.values():
            assert set(score) >= {'top1_mean', 'top1_std', 'seeds'}
            assert 0 <= score['top1_mean'] <= 100 and score['top1_std'] >= 0 and score['seeds'] >= 1
    assert report['seconds'] and all(s >= 0 for s in report['seconds'].values())

@pytest.fixture(scope='session')
def tiny(): return tiny_name()
