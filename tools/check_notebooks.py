"Fail if cleaning, exporting or rendering the README changes a file. An uncommitted change is fine."
import hashlib, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

def digests():
    "Every file that notebooks can write, with its hash."
    files = [ROOT/'README.md', ROOT/'pyproject.toml', *(p for d in ('nbs', 'lgm_nb',
        'index_files') for p in (ROOT/d).rglob('*'))]
    return {p.relative_to(ROOT).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
            if p.is_file() and not {'__pycache__', '.ipynb_checkpoints'} & set(p.parts)}

before = digests()
for command in ([BIN/'nbdev-clean'], [BIN/'nbdev-export'], [sys.executable, ROOT/'tools/readme.py']):
    subprocess.run(command, cwd=ROOT, check=True)
after = digests()
changed = sorted(p for p in before.keys() | after.keys() if before.get(p)!=after.get(p))
if changed:
    names = '\n  '.join(changed)
    sys.exit(f'These were not clean or not exported, and are now; look at them and commit:\n  {names}')
print('Notebooks are clean; modules and README agree with them.')
