"Build the site in _docs: nbdev processes the notebooks, smalldocs renders them. Argument: the folder of KaTeX's files."
import os, shutil, sys
from pathlib import Path
from nbdev.config import get_config, nbpath2html
from nbdev.quarto import nbdev_sidebar, refresh_quarto_yml
from nbdev.serve import proc_nbs
from smalldocs import layout, site

def replace_all(files, replacements):
    "Replace strings in files; `replacements` gives the pairs for one file."
    for file in files:
        text = file.read_text(encoding='utf-8')
        for old,new in replacements(file): text = text.replace(old, new)
        file.write_text(text, encoding='utf-8')

def drop_numbers(folder):
    "Rename `00_data.ipynb` to `data.ipynb`, links too: nbdev's own links to symbols expect pages without numbers."
    pairs = [(nb.name, nbpath2html(nb).with_suffix('.ipynb').name) for nb in folder.rglob('*.ipynb')]
    replace_all([*folder.rglob('*.ipynb'), folder/'sidebar.yml'], lambda file: pairs)
    for nb in list(folder.rglob('*.ipynb')): nb.rename(nbpath2html(nb).with_suffix('.ipynb'))

def main(katex):
    cfg = get_config()
    os.chdir(cfg.config_path)
    refresh_quarto_yml()
    nbdev_sidebar.__wrapped__()
    cache = proc_nbs(force=True)
    drop_numbers(cache)
    out = site.build(cache).out
    shutil.copytree(katex, out/'site_libs/katex', dirs_exist_ok=True)
    # The pages work from a disk and ask no other host for anything: KaTeX and our own pages are linked relatively.
    def relative(page):
        top = os.path.relpath(out, page.parent)
        return [(layout.KATEX, f'{top}/site_libs/katex'), (f'href="{cfg.doc_url.rstrip("/")}/', f'href="{top}/')]
    replace_all(list(out.rglob('*.html')), relative)
    shutil.rmtree(cfg.doc_path, ignore_errors=True)
    shutil.move(out, cfg.doc_path)
    print(f'The site is in {cfg.doc_path.name}/: open {cfg.doc_path.name}/index.html')

if __name__=='__main__': main(Path(sys.argv[1]).resolve())
