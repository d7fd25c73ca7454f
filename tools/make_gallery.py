"""Make the gallery of distilled sets: `nice python -m tools.make_gallery [NAME …]`.

    python -m tools.make_gallery [NAME …] [--take FOLDER …] [--caltech ../shared/data] [--fashion FOLDER]
        [--protocol NAME] [--seeds 5] [--out gallery] [--films] [--archive FILE [--url ADDRESS]]

A NAME is DATA/SOURCES, such as `cifar10-mini/lite0+simclr+dino`; without names, those of USUAL. Each set is distilled
with the defaults of `distill` and STEPS steps, or FEWER_STEPS for some data, rounded to 8 bits, and measured on its
backbones and on others that took no part. Its folder gets card.json, images/ and, if it was distilled here, film.webp;
the index of the package gets its hash. Sets that are made from the same data, backbones, settings and measurement stay
as they are; a run that was stopped goes on from its checkpoint in build/gallery/. A set of photographs that are not at
hand is skipped. Without --protocol, sets are measured by `fast`, or as QUICKER says.
Fashion-MNIST is taken from where Debian's package dataset-fashion-mnist puts it, or from FOLDER.

With --take, a finished set is used instead of a new run: FOLDER is what `DistilledSet.save` wrote, or holds such
folders; its card must tell of the same data, backbones, objective and settings. With --films, sets that were taken are
distilled once more for their films alone; the images must come out the same. --archive packs the gallery into a zip
file, as tools/docs.py does for the site, and --url records in the index where it will be, with {version} for that of
the package; without names, these two make no set.
"""
import argparse, json, time
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from lgm_nb.backbones.backbone import backbone_key
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.files import key_of, unchanged_files, write_json
from lgm_nb.core.show import did_you_mean
from lgm_nb.data.open import open_dataset
from lgm_nb.data.readers import FASHION_FILES
from lgm_nb.method import gallery
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.gallery import eight_bits, index_entry, pack, write_png_set
from lgm_nb.method.run_folder import drop_checkpoint, read_card
from lgm_nb.method.runs import run_facts, run_steps
from lgm_nb.method.settings import default_objective, Settings, settings_facts
from lgm_nb.method.source import joined_hashes
from lgm_nb.probing.compare import compare
from lgm_nb.probing.examiner import BASELINES
from lgm_nb.views.films import frame_picture
from benchmarks.photos import CLASSES, photographs

ROOT = Path(__file__).resolve().parents[1]
STEPS, FRAMES = 800, 24 # of a run; of its film
FEWER_STEPS = {'caltech101': 200} # of data where a step takes many times as long
QUICKER = {'fashion-mnist': 'ridge'} # trained probes would go through its 60,000 images a thousand times
SOURCES = dict(lite0='efficientnet-lite0', simclr='tiny-simclr-resnet', dino='tiny-dino-resnet')
PROBED = [*SOURCES.values(), 'efficientnet-lite2', 'tiny-vicreg-resnet']
TRIPLE = '+'.join(SOURCES)
PAIRS = [f'{a}+{b}' for a, b in combinations(SOURCES, 2)]
USUAL = [f'cifar10-mini/{sources}' for sources in (*SOURCES, *PAIRS, TRIPLE)]
USUAL += [f'{data}/{TRIPLE}' for data in ('caltech10-mini', 'caltech101-20')]
BY_NAME = [f'{data}/{TRIPLE}' for data in ('fashion-mnist', 'caltech101')] # take much longer

def of_mini(name, desk): return open_dataset(name)
def of_photographs(name, desk): return photographs(desk.caltech, CLASSES)
def of_all_photographs(name, desk): return open_dataset('caltech-101', root=desk.caltech)
def of_clothes(name, desk): return open_dataset('fashion-mnist', root=desk.fashion)
DATA = {'cifar10-mini': of_mini, 'caltech10-mini': of_mini, 'caltech101-20': of_photographs,
        'caltech101': of_all_photographs, 'fashion-mnist': of_clothes}
CLASS_FOLDERS = 'caltech101/101_ObjectCategories'
PLACES = { # the option that names the folder of the data, and what must be in it
    of_photographs: ('caltech', CLASS_FOLDERS), of_all_photographs: ('caltech', CLASS_FOLDERS),
    of_clothes: ('fashion', FASHION_FILES[0])}
CALTECH = ('photographs of Caltech-101 (Fei-Fei Li, Marco Andreeto, Marc’Aurelio Ranzato and Pietro Perona, California '
           'Institute of Technology, 2022, https://doi.org/10.22002/D1.20086), published under CC BY 4.0, '
           'https://creativecommons.org/licenses/by/4.0; these images are under the same licence')
FASHION = 'Fashion-MNIST (Han Xiao, Kashif Rasul, Roland Vollgraf, Zalando SE, 2017), published under the MIT License'

@dataclass(frozen=True)
class Desk:
    "Where sets are made, and how."
    out:Path = ROOT/'gallery'
    index:Path = gallery.INDEX
    work:Path = ROOT/'build/gallery' # checkpoints
    caltech:Path = ROOT.parent/'shared/data' # folder that holds caltech101/
    fashion:Path = Path('/usr/share/datasets/fashion-mnist')
    take:tuple[Path, ...] = () # folders of finished sets
    settings:Settings = Settings(steps=STEPS)
    sources:tuple[tuple[str, str], ...] = tuple(SOURCES.items()) # short name, backbone
    probed:tuple[str, ...] = tuple(PROBED)
    protocol:str = '' # of QUICKER, or `fast`
    seeds:int = 5

# --- what a name stands for

def check_name(name, desk):
    "Raise SystemExit for a name that stands for nothing."
    data, _, sources = name.partition('/')
    known = [*USUAL, *BY_NAME]
    if data in DATA and sources and set(sources.split('+')) <= set(dict(desk.sources)): return
    raise SystemExit(f'{name}: not known.{did_you_mean(name, known)} There are {", ".join(known)}')

def missing(name, desk):
    "Say what keeps a set from being made here; '' if nothing does."
    option, expected = PLACES.get(DATA[name.partition('/')[0]], ('', ''))
    if not option or (getattr(desk, option)/expected).exists(): return ''
    return f'no {expected} in {getattr(desk, option)}; name its folder with --{option}'

def opened(name, desk):
    "The data and the backbones of a set."
    data, _, sources = name.partition('/')
    return DATA[data](data, desk), [open_backbone(dict(desk.sources)[s]) for s in sources.split('+')]

def key(data, nets, probed, desk):
    "A hash of all that a set and its table depend on; the version of the package is no part of it."
    facts = {k: v for k, v in run_facts(data, nets, desk.settings).items() if k != 'version'}
    return key_of(dict(facts, probed=[backbone_key(b) for b in probed], protocol=desk.protocol, seeds=desk.seeds))

def is_made(folder, made_by):
    "Is the set there, with all its files as they were written?"
    if not (folder/'card.json').is_file(): return False
    card = read_card(folder/'card.json')
    return card.get('made_by')==made_by and unchanged_files(folder, card['files'])==set(card['files'])

# --- a set: taken, or distilled

def fits(card, data, nets, settings):
    "Does a card tell of the same data, backbones, objective and settings?"
    def plain(facts): return {k: v for k, v in facts.items() if k not in ('chunk', 'compile')}
    there = plain(card.get('settings', {})), *(card.get(k, {}).get('hash') for k in ('data', 'backbone'))
    mine = plain(settings_facts(settings)), data.hash, joined_hashes(nets)
    return there==mine and card.get('method')==repr(default_objective(settings)) and not card.get('soft_labels')

def taken(folders, data, nets, settings):
    "The first finished set that fits, and its folder; None if there is none."
    for folder in folders:
        own = (folder/'card.json').is_file()
        for card in [folder/'card.json'] if own else sorted(folder.glob('*/card.json')):
            if fits(read_card(card), data, nets, settings): return DistilledSet.load(card.parent), card.parent

def distilled(data, nets, settings, checkpoint):
    "A new run, or the rest of one that was stopped; the set and its frames."
    run = run_steps(Distiller(data, nets, settings, frames=FRAMES), checkpoint)
    return run.distilled(), run.frames

def save_film(frames, file):
    "The frames of a run as an animated WebP; the last stays longer."
    pictures = [frame_picture(f, side=64, columns=5 if len(f) <= 10 else 10) for f in frames]
    times = [150]*(len(pictures) - 1) + [3000]
    pictures[0].save(file, 'webp', save_all=True, append_images=pictures[1:], duration=times, loop=0, quality=50)

# --- its card

def measured(made, data, probed, desk):
    "Facts for the card: a table of accuracies, and each of the set's own."
    table = compare(made, data, probed, BASELINES, desk.protocol, desk.seeds)
    rows = table.scores['distilled']
    accuracy = {b.name: dict(backbone=b.name, protocol=desk.protocol, **rows[b.name], backbone_hash=b.hash)
                for b in probed}
    facts = {k: v for k, v in table.as_dict().items() if k != 'seconds'}
    return dict(accuracy=accuracy, table=dict(facts, tests=len(data.test), train=len(data.train)))

def licence(name, data):
    "What the images were made from, and what that allows."
    known = {'cifar10-mini': data.note, 'fashion-mnist': FASHION}
    return f"Distilled from {known.get(name.partition('/')[0], CALTECH)}"

def without_places(facts):
    "The description of the data, without folders of this machine."
    return dict(facts, source=(facts.get('source') or '').partition(':')[0] or None)

def make(name, desk):
    "Make a set unless it is there; what happened, in a few words."
    check_name(name, desk)
    if why := missing(name, desk): return f'skipped: {why}'
    source = name.partition('/')[0]
    settings = replace(desk.settings, steps=FEWER_STEPS.get(source, desk.settings.steps))
    desk = replace(desk, settings=settings, protocol=desk.protocol or QUICKER.get(source, 'fast'))
    data, nets = opened(name, desk)
    others = [open_backbone(n) for n in desk.probed if n not in {b.name for b in nets}]
    made_by = key(data, nets, [*nets, *others], desk)
    if is_made(desk.out/name, made_by): return 'kept'
    checkpoint, frames = desk.work/name/'checkpoint.safetensors', []
    found = taken(desk.take, data, nets, desk.settings)
    if found: made, said = found[0], f'taken from {found[1]}'
    else:
        (desk.work/name).mkdir(parents=True, exist_ok=True)
        made, frames = distilled(data, nets, desk.settings, checkpoint)
        said = f'distilled in {made.card["seconds"]:.0f} s'
    made = eight_bits(made)
    made.card |= measured(made, data, [*nets, *others], desk)
    made.card |= dict(licence=licence(name, data), made_by=made_by, data=without_places(made.card['data']))
    write_png_set(made, desk.out/name, (lambda new: save_film(frames, new/'film.webp')) if frames else None)
    drop_checkpoint(checkpoint)
    score = made.card['accuracy'][nets[0].name]
    return f'{said}; {score["top1_mean"]:.1f} ± {score["top1_std"]:.1f} % on {nets[0].name}, {desk.protocol}'

def add_film(name, desk):
    "Distil a set that has no film once more, and keep the film alone; what happened, in a few words."
    if not (folder := desk.out/name).is_dir(): return 'skipped: no such set'
    there = DistilledSet.load(folder)
    if 'film.webp' in there.card['files']: return 'kept'
    if why := missing(name, desk): return f'skipped: {why}'
    data, nets = opened(name, desk)
    checkpoint = desk.work/name/'checkpoint.safetensors'
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    made, frames = distilled(data, nets, replace(desk.settings, steps=there.card['settings']['steps']), checkpoint)
    off = 255*float((eight_bits(made).images - there.images).abs().max())
    if off > .5: return f'no film: this run ends with other images, by up to {off:.0f} of 255'
    write_png_set(there, folder, lambda new: save_film(frames, new/'film.webp'))
    drop_checkpoint(checkpoint)
    return f'has a film of {len(frames)} frames'

# --- index and archive

def write_index(desk, url=None):
    "Write the hash and the facts of every set in the gallery."
    names = sorted(card.parent.relative_to(desk.out).as_posix() for card in desk.out.glob('*/*/card.json'))
    sets = {name: index_entry(desk.out/name) for name in names}
    known = json.loads(desk.index.read_text(encoding='utf-8'))['archive'] if desk.index.is_file() else ''
    desk.index.parent.mkdir(parents=True, exist_ok=True)
    write_json(desk.index, dict(archive=known if url is None else url, sets=sets))

def main(names, desk, archive=None, url=None, do=make):
    for name in names: check_name(name, desk) # all before hours of work
    for name in names:
        start = time.perf_counter()
        said = do(name, desk)
        write_index(desk)
        print(f'{name}: {said} ({time.perf_counter() - start:.0f} s)', flush=True)
    if url: write_index(desk, url)
    if archive: pack(desk.out, archive)

if __name__=='__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('names', nargs='*', metavar='NAME')
    p.add_argument('--take', type=Path, action='append', default=[], metavar='FOLDER', help='finished sets')
    for place in ('caltech', 'fashion', 'out'): p.add_argument(f'--{place}', type=Path, default=getattr(Desk, place))
    p.add_argument('--protocol', default=Desk.protocol, help='of all sets')
    p.add_argument('--seeds', type=int, default=5)
    p.add_argument('--archive', type=Path, help='zip file to write')
    p.add_argument('--url', help='where the zip file will be')
    p.add_argument('--films', action='store_true', help='only add films')
    given = p.parse_args()
    desk = Desk(given.out, caltech=given.caltech, fashion=given.fashion, take=tuple(given.take),
                protocol=given.protocol, seeds=given.seeds)
    names = given.names or ([] if given.archive or given.url else USUAL)
    main(names, desk, given.archive, given.url, add_film if given.films else make)
