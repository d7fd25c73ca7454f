"""Build the site: nbdev processes the notebooks, smalldocs renders them, and fonts and maths are put beside them.

    python tools/docs.py NODE_MODULES [OUT]

NODE_MODULES holds `katex`, `onnxruntime-web` and the two fonts, as `make docs` installs them; OUT is the folder to
write (`_docs`).
"""
import gc, json, os, re, shutil, sys
from fnmatch import fnmatch
from pathlib import Path
import yaml
from fastcore.nbio import read_nb, write_nb
from nbdev.config import get_config, nbpath2html
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs
from smalldocs import api, layout, site
from lgm_nb.method.gallery import pack, read_index

FONTS = {'inter': 'inter/files/inter-latin-wght-normal', 'inter-italic': 'inter/files/inter-latin-wght-italic',
         'mono': 'jetbrains-mono/files/jetbrains-mono-latin-wght-normal'}
RUNTIME = ('ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm') # of the page "Try it"
INSTALLS = re.compile(r'^\s*[%!]pip install', re.M)
MORE = 'More'
KNOWN = ('output-file', 'format-links', 'commonmark') # keys for Quarto alone, which nbdev writes

def replace_all(files, replacements):
    "Replace strings in files; `replacements` gives the pairs for one file."
    for file in files:
        text = file.read_text(encoding='utf-8')
        for old,new in replacements(file): text = text.replace(old, new)
        file.write_text(text, encoding='utf-8')

# --- pages

def drop_numbers(folder):
    "Rename `07_distiller.ipynb` to `distiller.ipynb`, links too: nbdev's links to symbols expect no numbers."
    pairs = {(nb.name, nbpath2html(nb).with_suffix('.ipynb').name) for nb in folder.rglob('*.ipynb')}
    pairs = sorted((p for p in pairs if p[0]!=p[1]), key=lambda p: (-len(p[0]), p))
    replace_all([*folder.rglob('*.ipynb'), *folder.rglob('*.md')], lambda file: pairs)
    for nb in list(folder.rglob('*.ipynb')): nb.rename(nbpath2html(nb).with_suffix('.ipynb'))

def name_functions(folder):
    "Show a function that stands where a type is expected by its name, without its address in memory."
    for nb in folder.rglob('*.ipynb'):
        text = nb.read_text(encoding='utf-8')
        nb.write_text(re.sub(r'<function (\w+) at 0x\w+>', r'\1', text), encoding='utf-8')

def page_of(source):
    "The page of a notebook or text: `method/07_distiller.ipynb` becomes `method/distiller.ipynb`."
    return str(nbpath2html(Path(source)).with_suffix('.ipynb')) if source.endswith('.ipynb') else source

def page_names(contents):
    "Every page that the contents of a sidebar name, without patterns."
    for item in contents:
        if isinstance(item, dict): yield from page_names(item['contents'])
        elif '*' not in item: yield page_of(item)

def matches(cfg, folder, pattern):
    "Pages that match a pattern: notebooks in the order of their numbers, or pages of the reference, named shortly."
    if pattern.startswith('api/'):
        return [{'text': p.stem, 'href': p.relative_to(folder).as_posix()} for p in sorted(folder.glob(pattern))]
    return [page_of(p.relative_to(cfg.nbs_path).as_posix()) for p in sorted(cfg.nbs_path.glob(pattern))]

def expand(cfg, folder, contents, named):
    "Contents of a sidebar without patterns, missing pages and empty sections; a pattern skips pages in `named`."
    found = []
    for item in contents:
        if isinstance(item, dict):
            inner = expand(cfg, folder, item['contents'], named)
            if inner: found.append({**item, 'contents': inner})
        elif '*' in item:
            new = [page for page in matches(cfg, folder, item) if isinstance(page, dict) or page not in named]
            named.update(page for page in new if isinstance(page, str))
            found += new
        elif (folder/page_of(item)).is_file(): found.append(page_of(item))
    return found

def order_pages(cfg, folder):
    "Write the sidebar: patterns become pages, missing pages are left out, and unnamed ones come at the end."
    config = yaml.safe_load((cfg.nbs_path/'sidebar.yml').read_text(encoding='utf-8'))
    sidebar = config['website']['sidebar']
    named = set(page_names(sidebar['contents']))
    sidebar['contents'] = expand(cfg, folder, sidebar['contents'], named)
    there = sorted(p.relative_to(folder) for ext in ('ipynb', 'md', 'qmd') for p in folder.rglob(f'*.{ext}'))
    rest = [p.as_posix() for p in there if p.parts[0]!='api' and p.as_posix() not in named]
    if rest:
        sidebar['contents'].append({'section': MORE, 'contents': rest})
        print(f'not in nbs/sidebar.yml, so under "{MORE}": {", ".join(rest)}')
    (folder/'sidebar.yml').write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding='utf-8')

def about_pages(cfg, folder):
    "Make pages of the changelog and the guide for contributors, which stand at the top of the repository."
    for name,file in (('changes', 'CHANGELOG.md'), ('contributing', 'CONTRIBUTING.md')):
        source = cfg.config_path/file
        if not source.is_file(): continue
        text = source.read_text(encoding='utf-8')
        text = re.sub(rf'\]\({cfg.nbs_path.name}/(\w+/)?(?:\d+_)?', r'](../\1', text)
        text = re.sub(r'\]\((\w+\.(?:md|cff))\)', rf']({cfg.git_url.rstrip("/")}/blob/{cfg.branch}/\1)', text)
        (folder/'about'/f'{name}.md').write_text(text, encoding='utf-8')

def literal(markdown):
    "Show HTML in a description instead of rendering it; code is shown as it is anyway."
    parts = re.split(r'(^```.*?^```|`[^`\n]*`)', markdown, flags=re.M | re.S)
    return ''.join(part if i%2 else re.sub(r'<(?=[a-zA-Z/!])', '&lt;', part) for i,part in enumerate(parts))

def reference(cfg, folder):
    "A page a module in `api/ROOM/`, from the code: every public name with its typed and described parameters."
    source = f'{cfg.git_url.rstrip("/")}/blob/{cfg.branch}'
    for room in sorted(p.parent.name for p in cfg.lib_path.glob('*/__init__.py')):
        settings = api.Settings(folder, [f'{cfg.lib_path.name}.{room}'], f'api/{room}', root=cfg.config_path,
            source=source)
        for page in api.build(settings): finish_reference(folder, room, page)
    (folder/'_symbols.json').unlink(missing_ok=True) # of the last room only; links to symbols come from nbdev

def finish_reference(folder, room, page):
    "Give a page of the reference its link to the notebook; delete one that describes nothing."
    text = page.read_text(encoding='utf-8')
    if not re.search(r'^## ', text, re.M): return page.unlink()
    lesson = ''
    if (folder/room/f'{page.stem}.ipynb').is_file():
        lesson = f'The notebook that explains and tests it: [{room}/{page.stem}](../../{room}/{page.stem}.ipynb).'
    page.write_text(re.sub(r'^Docs: .*$', lesson, literal(text), flags=re.M), encoding='utf-8')

# --- cells

def plain(markdown):
    "Markdown as a sentence for people who cannot see: no links, no marks, no quotes that would end an attribute."
    text = re.sub(r'!?\[([^\]]*)\]\([^)]*\)', r'\1', markdown)
    return re.sub(r'\s+', ' ', re.sub(r'[*`#>\\$_{}]|^\s*-\s', '', text, flags=re.M)).replace('"', "'").strip()

def describe_pictures(nb):
    "Give each picture without a text of its own the sentence that leads to it: prose stands before every picture here."
    prose = ''
    for cell in nb.cells:
        if cell.cell_type=='markdown':
            paragraphs = [plain(p) for p in cell.source.split('\n\n')
                if plain(p) and not p.startswith(('#', ':::', '<', '|', '```'))]
            if paragraphs: prose = re.split(r'(?<=[.!?:])\s', paragraphs[-1])[-1].rstrip(':')
        pictures = [o for o in cell.get('outputs', []) if any(k.startswith('image/') for k in o.get('data', {}))]
        if not pictures or 'fig-alt' in cell.source: continue
        text = json.dumps(prose or 'Output of the code above', ensure_ascii=False)
        cell.source = f'#| fig-alt: {text}\n{cell.source}'

def open_links(cfg, nb, source):
    "Links that open a notebook where it runs. Colab only where the first code cell installs what it lacks."
    path = f'{cfg.nbs_path.name}/{source}'
    repo = cfg.git_url.rstrip('/').removeprefix('https://github.com/')
    first = next((c.source for c in nb.cells if c.cell_type=='code'
        and not c.source.lstrip().startswith('#| default_exp')), '')
    there = f'https://colab.research.google.com/github/{repo}/blob/{cfg.branch}/{path}'
    colab = f'<a href="{there}">Open in Colab</a> ' if INSTALLS.search(first) else ''
    lab = (f'<a href="http://localhost:8888/lab/tree/{source}" title="once make lab is running on this computer">'
           'Open in JupyterLab (<code>make lab</code>)</a>')
    file = f'<a href="{cfg.git_url.rstrip("/")}/raw/{cfg.branch}/{path}" title="the notebook of this page">Notebook</a>'
    return f'```{{=html}}\n<p class="open-in">{colab}{lab} {file}</p>\n```'

def introduction(nb):
    "What follows title and description in the first cell: nbdev makes front matter of those two and drops the rest."
    first = next((c.source for c in nb.cells if c.cell_type=='markdown'), '')
    head = re.match(r'# .*\n+(?:> .*(?:\n|$))*', first)
    return first[head.end():].strip() if head else ''

def dress(cfg, folder, sources):
    "Alt texts, introductions, and links to places where a notebook runs."
    renamed = {Path(src).name: Path(page).name for page,src in sources.items()}
    for page,src in sources.items():
        nb = read_nb(folder/page)
        describe_pictures(nb)
        original = read_nb(cfg.nbs_path/src)
        links = open_links(cfg, original, src)
        where = next((i + 1 for i,c in enumerate(nb.cells) if c.cell_type=='raw' and 'title' in c.source), 0)
        intro = re.sub(r'[\w.-]+\.ipynb', lambda m: renamed.get(m[0], m[0]), introduction(original))
        for name,text in (('introduction', intro), ('open-in', links)):
            if text: nb.cells.insert(where, dict(cell_type='markdown', id=name, metadata={}, source=text))
        write_nb(nb, folder/page)

# --- looks

def dark_theme(folder):
    "Bootstrap whose dark mode is the only one, and our colours after it."
    bootstrap = site.ASSETS/'vendor/bootstrap/bootstrap.min.css'
    css = bootstrap.read_text(encoding='utf-8').replace('[data-bs-theme=dark]', ':root')
    own = folder/'dark.css'
    own.write_text(css + own.read_text(encoding='utf-8'), encoding='utf-8')

# A page opened from a disk may load a script that lies beside it, but not fetch a file.
SEARCH = '''<script>
if (location.protocol === 'file:') {
  const ask = window.fetch, top = document.querySelector('meta[name="smalldocs:offset"]').content;
  window.fetch = (url, ...more) =>
    !String(url).endsWith('search.json') ? ask(url, ...more) : new Promise((found, lost) => {
    const script = Object.assign(document.createElement('script'), {src: top + 'search.js', onerror: lost});
    script.onload = () => found(new Response(JSON.stringify(window.lgmSearch)));
    document.head.append(script);
  });
}
</script>'''

def rank_lessons(index):
    "Entries of the search with names of the reference in their text alone, which counts half as much as a title."
    def reference(e):
        name = f"{e['title']}: {e['section']}" if e['section'] else e['title']
        return dict(e, title='Reference', section='', text=f"{name}. {e['text']}")
    return [reference(e) if e['href'].startswith('api/') else e for e in index]

# What scrolls sideways must be reachable without a mouse; what does not should not cost a stop of the Tab key.
REACH = '''<script>
addEventListener('load', () => new ResizeObserver(() => {
  for (const box of document.querySelectorAll('main :is(table, pre, .math.display, .sd-table)')) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute('tabindex');
  }
}).observe(document.body));
</script>'''

def make_local(cfg, out, modules):
    "Fonts, KaTeX and what runs a network beside the pages; our own pages linked relatively; search from a disk."
    libs = out/'site_libs'
    unused = shutil.ignore_patterns('*.ttf', '*.woff', '*.mjs', '*.map')
    shutil.copytree(modules/'katex/dist', libs/'katex', dirs_exist_ok=True, ignore=unused)
    (libs/'fonts').mkdir()
    for name,file in FONTS.items(): shutil.copy(modules/'@fontsource-variable'/f'{file}.woff2',
        libs/'fonts'/f'{name}.woff2')
    runtime = modules/'onnxruntime-web/dist'
    shutil.copytree(cfg.nbs_path/'try_it', out/'try_it', dirs_exist_ok=True)
    (out/'try_it/ort').mkdir(exist_ok=True)
    for name in RUNTIME: shutil.copy(runtime/name, out/'try_it/ort')
    index = json.dumps(rank_lessons(json.loads((out/'search.json').read_text(encoding='utf-8'))), ensure_ascii=False)
    (out/'search.json').write_text(index, encoding='utf-8')
    (out/'search.js').write_text(f'window.lgmSearch = {index};\n', encoding='utf-8')
    (out/'.nojekyll').touch()
    def relative(page):
        top = os.path.relpath(out, page.parent)
        here = cfg.doc_url.rstrip('/')
        return [(layout.KATEX, f'{top}/site_libs/katex'), (f'href="{here}"', f'href="{top}/index.html"'),
            (f'href="{here}/"', f'href="{top}/index.html"'),
                (f'href="{here}/', f'href="{top}/'), ('" role="img"></i>', '" aria-hidden="true"></i>'), # an icon
            ('</head>', f'{SEARCH}{REACH}</head>')]
    replace_all(list(out.rglob('*.html')), relative)

def add_gallery(cfg, out):
    "The ready-made sets as a zip file, where the index of the package says that it is."
    host, _, name = read_index()['archive'].rpartition('/')
    if host != cfg.doc_url.rstrip('/'): sys.exit(f'the index of the gallery names {host}/{name}: not on this site')
    pack(cfg.config_path/'gallery', out/name)

# --- for language models

def named(contents):
    "The pages that a part of the sidebar names, those of its subsections too."
    for item in contents:
        if isinstance(item, str): yield item
        elif 'contents' in item: yield from named(item['contents'])
        elif 'href' in item: yield item['href']

def llms_index(
    name: str, # the title of the site
    description: str, # one sentence about it
    sections: list[dict], # of the sidebar: each a `section` and its `contents`, pages or patterns of pages
    pages: dict[str, tuple[str, str, str]], # for each source: title, description and the address of the Markdown copy
) -> str:
    "The text of llms.txt (see llmstxt.org). Each page is listed once, where the sidebar names it first."
    parts, left = [f'# {name}\n\n> {description}\n'], dict(pages)
    for section in sections:
        lines = []
        for pattern in named(section.get('contents', [])):
            for source in [s for s in left if fnmatch(s, pattern)]:
                title, about, address = left.pop(source)
                lines.append(f'- [{title}]({address})' + (f': {about}' if about else ''))
        if lines: parts.append(f'## {section["section"]}\n\n' + '\n'.join(lines) + '\n')
    return '\n'.join(parts)

def describe_pages(cfg, folder, built):
    "llms.txt: the pages in the order of the sidebar, with their descriptions and links to their Markdown copies."
    sections = yaml.safe_load((folder/'sidebar.yml').read_text(encoding='utf-8'))['website']['sidebar']['contents']
    def about(page): return ' '.join(str(page.meta.get('description') or '').split())
    def copy(page): return f'{cfg.doc_url.rstrip("/")}/{page.out.with_suffix(".llms.md")}'
    pages = {str(p.src): (p.title, about(p), copy(p)) for p in built.pages.values() if not built.hidden(p)}
    text = llms_index(cfg.title, cfg.description, sections, pages)
    (built.out/'llms.txt').write_text(text, encoding='utf-8')

def unlink_helpers(out):
    "Show as code the names that nbdev links but that have no entry of their own: helpers of a room."
    ids = {p: set(re.findall(r'\bid="([^"]+)"', p.read_text(encoding='utf-8'))) for p in out.rglob('*.html')}
    for page in ids:
        def kept(link, page=page):
            target = (page.parent/link[1]).resolve() if link[1] else page
            return link[0] if link[2] in ids.get(target, {link[2]}) else link[3]
        text = page.read_text(encoding='utf-8')
        page.write_text(re.sub(r'<a href="([^"#:]*)#([^"]+)">(<code>[^<]*</code>)</a>', kept, text), encoding='utf-8')

def main(modules, out=None):
    cfg = get_config()
    os.chdir(cfg.config_path)
    out = Path(out).resolve() if out else cfg.doc_path
    refresh_quarto_yml()
    folder = proc_nbs(force=True, n_workers=0) # each worker would import everything anew
    gc.freeze() # IPython collects garbage at the end, once for each notebook: longer than all the rest
    notebooks = [p.relative_to(folder).as_posix() for p in folder.rglob('*.ipynb')]
    sources = {page_of(source): source for source in notebooks}
    drop_numbers(folder)
    name_functions(folder)
    dress(cfg, folder, sources)
    about_pages(cfg, folder)
    reference(cfg, folder)
    order_pages(cfg, folder)
    dark_theme(folder)
    built = site.build(folder, quiet=True)
    for warning in built.warnings:
        if not any(known in warning for known in KNOWN): print(f'warning: {warning}', file=sys.stderr)
    describe_pages(cfg, folder, built)
    make_local(cfg, built.out, modules)
    add_gallery(cfg, built.out)
    unlink_helpers(Path(built.out).resolve())
    shutil.rmtree(out, ignore_errors=True)
    shutil.move(built.out, out)
    print(f'The site of {len(built.pages)} pages is in {out.name}/: open {out.name}/index.html')

if __name__=='__main__':
    if len(sys.argv) not in (2, 3): sys.exit(__doc__)
    main(Path(sys.argv[1]).resolve(), *sys.argv[2:])
