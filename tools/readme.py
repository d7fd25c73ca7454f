"Write README.md from nbs/index.ipynb, as nbdev-readme does, but without Quarto."
import base64, re, shutil
from pathlib import Path
from fastcore.nbio import read_nb

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT/'index_files'
POSTER = re.compile(r'data-lgm-player=.*?<img [^>]*src="data:image/(\w+);base64,([^"]+)"', re.S)

def directives(source): return set(re.findall(r'^#\|\s*(.+?)\s*$', source, re.M))

def render(output, name):
    "One saved output as markdown; pictures go to files beside the README."
    data = output.get('data', {})
    for kind in ('png', 'jpeg'):
        if f'image/{kind}' not in data: continue
        PICTURES.mkdir(exist_ok=True)
        (PICTURES/f'{name}.{kind}').write_bytes(base64.b64decode(''.join(data[f'image/{kind}'])))
        return f'![the output of the code above]({PICTURES.name}/{name}.{kind})'
    if poster := POSTER.search(''.join(data.get('text/html', ''))): # a player does not play in a README
        PICTURES.mkdir(exist_ok=True)
        (PICTURES/f'{name}.{poster[1]}').write_bytes(base64.b64decode(poster[2]))
        return f'![the last frame of the player on this page of the site]({PICTURES.name}/{name}.{poster[1]})'
    if 'text/markdown' in data: return ''.join(data['text/markdown'])
    text = ''.join(output.get('text') or data.get('text/plain', '')).rstrip()
    return text and '\n'.join('    '+line for line in text.splitlines())

def main():
    shutil.rmtree(PICTURES, ignore_errors=True)
    parts = ['<!-- Generated from nbs/index.ipynb by tools/readme.py: edit the notebook. -->']
    for i,cell in enumerate(read_nb(ROOT/'nbs/index.ipynb').cells):
        flags = directives(cell.source)
        if 'hide' in flags or cell.cell_type=='raw': continue
        source = re.sub(r'^#\|.*\n?', '', cell.source, flags=re.M).strip()
        if cell.cell_type=='markdown': parts.append(source)
        elif source:
            if 'echo: false' not in flags and 'hide_input' not in flags: parts.append(f'```python\n{source}\n```')
            if 'hide_output' in flags: continue
            parts += [render(o, f'{i}-{j}') for j,o in enumerate(cell.get('outputs', []))]
    def from_here(found): return f'{found[1]}nbs/{found[2]}' if (ROOT/'nbs'/found[2]).exists() else found[0]
    text = re.sub(r'(\]\(|srcset=")([^):#"]+)', from_here, '\n\n'.join(filter(None, parts)))
    (ROOT/'README.md').write_text(text+'\n', encoding='utf-8')

if __name__=='__main__': main()
