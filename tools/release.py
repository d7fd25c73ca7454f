"""Check that a version can be released: CHANGELOG.md describes it, and the tag, where one is given, is named after it.

    python tools/release.py [TAG]
"""
import re, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

def version(root):
    "The version of the package, without importing it."
    text = (root/'lgm_nb/__init__.py').read_text(encoding='utf-8')
    return re.search(r"""^__version__ *= *['"](.+?)['"]""", text, re.M)[1]

def notes(changelog, version):
    "What the changelog says under a version; empty where it says nothing or has no such heading."
    parts = re.split(r'^## +(\S+).*$', changelog, flags=re.M)
    return dict(zip(parts[1::2], map(str.strip, parts[2::2]))).get(version, '')

def problem(root, tag=''):
    "Why this version cannot be released, or an empty string."
    new = version(root)
    if tag and tag.removeprefix('v')!=new: return f'The tag is {tag}, but lgm_nb/__init__.py says {new}.'
    if not notes((root/'CHANGELOG.md').read_text(encoding='utf-8'), new): return f'CHANGELOG.md has no entry for {new}.'
    return ''

if __name__=='__main__':
    if len(sys.argv) > 2: sys.exit(__doc__)
    if wrong := problem(ROOT, *sys.argv[1:]): sys.exit(wrong)
    print(f'lgm_nb {version(ROOT)} is described in CHANGELOG.md.')
