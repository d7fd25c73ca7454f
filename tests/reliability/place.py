"A case of the corpus, and what is judged in every one of them."
import hashlib, os, shutil, signal, warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from PIL import Image
from conftest import run_here
from lgm_nb.method.distilled_set import DistilledSet

TINY = 'tiny-can-vit'
QUICK = ['--backbone', TINY, '--steps', 1, '--augs', 1, '--views', 1, '--device', 'cpu']
SECONDS = 120 # after which a command is said to hang

def hashes(folder):
    "Every file below a folder with size and hash of its contents; links are not followed."
    found = {}
    for path in sorted(folder.rglob('*')):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink(): found[name] = f'→ {path.readlink()}'
        elif path.is_file():
            contents = path.read_bytes()
            found[name] = f'{len(contents)} {hashlib.sha256(contents).hexdigest()}'
    return found

def size_of(written): return int(words[0]) if (words := written.split())[0].isdigit() else 0 # of a link, nothing

class Place:
    "A folder for one case: photographs, and copies of what earlier runs made."
    def __init__(self, folder, made):
        self.folder, self.made = folder, made

    def __truediv__(self, name): return self.folder/name

    def photos(self, name='photos'):
        "Three classes of six photographs."
        return shutil.copytree(self.made/'photos', self.folder/name)

    def copy(self, what):
        "A copy of `set`, `run` (unfinished), `bank` or `cache`, beside the photographs they were made from."
        return shutil.copytree(self.made/what, self.folder/what)

    def own_cache(self):
        "A cache for this case, with the bank that the set was made with."
        os.environ['LGM_NB_CACHE'] = str(shutil.copytree(self.made/'cache', self.folder/'cache'))

    def image(self, name, side=32, mode='RGB', **options):
        "Write an image of noise."
        file = self.folder/name
        file.parent.mkdir(parents=True, exist_ok=True)
        width, height = side if isinstance(side, tuple) else (side, side)
        Image.effect_noise((width, height), 60).convert(mode).save(file, **options)
        return file

    def write(self, name, contents):
        file = self.folder/name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(contents.encode() if isinstance(contents, str) else contents)
        return file

    def distil(self, photos='photos', out='out', *more):
        return ['lgm-distill', '--data', f'folder:{self.folder/photos}', *QUICK, '--out', self.folder/out, *more]

    def probe(self, folder='set', *more):
        return ['lgm-probe', self.folder/folder, '--data', f'folder:{self.made/"photos"}', '--backbone', TINY,
                '--protocol', 'ridge', '--seeds', 1, *more]

@dataclass(frozen=True)
class Case:
    "What is prepared, the command that is run, and what must come of it."
    area: str # 'images', 'folders', 'arguments' or 'files'
    name: str
    prepare: Callable # called with a `Place`; returns the words of a command
    expect: str # 'works', 'refused' or 'healed' (works, with a warning)
    words: tuple = () # in the message
    check: Callable|None = None # called with the place afterwards; raises if the result is wrong
    may_change: tuple = () # files that the command may replace, as patterns

@dataclass
class Verdict:
    "What came of a case; `faults` is empty if it is as it must be."
    outcome: str # 'works', 'refused', 'healed', 'traceback', 'hang'
    faults: list = field(default_factory=list)
    lost: int = 0 # bytes of files that were there before
    wrong: bool = False # a result that is not the right one, without a word

def _too_long(*_): raise TimeoutError

def _run(words, place):
    "Run a command here, and end it if it hangs."
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SECONDS)
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter('always')
            done = run_here(*words, cwd=place.folder)
    finally: signal.alarm(0)
    done.stderr = '\n'.join([*(str(w.message) for w in said), done.stderr])
    return done

def _lost(before, after, may_change):
    "Files that were there and are no longer, or no longer the same."
    changed = [n for n, h in before.items() if after.get(n) != h]
    return [n for n in changed if not any(Path(n).match(pattern) for pattern in may_change)]

def _outcome(done):
    if 'Traceback' in done.stderr: return 'traceback'
    if done.returncode: return 'refused'
    return 'healed' if 'damaged' in done.stderr or 'cannot be read' in done.stderr else 'works'

def _message_faults(done, words):
    "A refusal is one line, after whatever warnings, with exit code 2."
    [*_, line] = done.stderr.strip().splitlines() or ['']
    if done.returncode != 2: yield f'exit code {done.returncode}'
    if 'error: ' not in line: yield f'no error message: {line!r}'
    yield from (f'{w!r} is not in the message: {line}' for w in words if str(w) not in line)

def judge(case, place):
    "Run a case."
    words = case.prepare(place)
    before = hashes(place.folder)
    try: done = _run(words, place)
    except TimeoutError: return Verdict('hang', [f'not ended after {SECONDS} s'])
    after, verdict = hashes(place.folder), Verdict(_outcome(done))
    faults = verdict.faults
    lost = _lost(before, after, case.may_change)
    verdict.lost = sum(size_of(before[n]) for n in lost)
    faults += [f'lost or changed: {n}' for n in lost]
    faults += [f'left behind: {n}' for n in set(after) - set(before) if n.endswith('.tmp')]
    verdict.wrong = verdict.outcome=='works' != case.expect
    if verdict.outcome != case.expect: faults.append(f'{verdict.outcome}, not {case.expect}: {done.stderr[-2000:]}')
    elif case.expect=='refused':
        faults += _message_faults(done, case.words)
        faults += [f'written in spite of the error: {n}' for n in set(after) - set(before) if not n.startswith('cache')]
    else:
        faults += [f'{w!r} was not said: {done.stderr}' for w in case.words if w not in done.stderr]
    if case.check is not None and verdict.outcome==case.expect: _check(case, place, verdict)
    return verdict

def _check(case, place, verdict):
    "Look at the result."
    try: case.check(place)
    except Exception as e:
        verdict.wrong = True
        verdict.faults.append(f'wrong result: {type(e).__name__} {e}')

def holds_set(out='out', classes=3):
    "A check: the folder holds a whole set of that many classes."
    def check(place):
        made = DistilledSet.load(place/out)
        assert len(made)==classes and made.images.isfinite().all() and 0 <= made.images.min() <= made.images.max() <= 1
        assert len(list((place/out/'images').glob('*.png')))==classes
    return check
