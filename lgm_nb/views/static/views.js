import { el, svg, tiles, decode, drawTile, loaded, transport, onWidth, colour } from './core.js';

// What the augmenter does to one image: where each view was cut, and what the backbone sees.
export function views(root, facts, link = null) {
  const body = el('div', { class: 'lgm' });
  let at = facts.draws.length - 1;
  const original = loaded(facts.original), size = 168;
  const picture = el('canvas', { role: 'img', 'aria-label': 'The image', style: { '--rendering': original.side <= 48 ? 'pixelated' : 'auto' } });
  const frames = svg('svg', { viewBox: '0 0 100 100', 'aria-hidden': 'true' }), row = el('div', { class: 'row views' });
  const seed = el('input', { type: 'number', step: 1, 'aria-label': 'Seed of the draw', on: { change: () => { if (Number.isSafeInteger(+seed.value) && seed.value !== '') link.ask({ ask: 'draw', seed: +seed.value }); } } });
  const again = el('button', { type: 'button', class: 'text', on: { click: () => link.ask({ ask: 'draw', seed: facts.draws[at].seed + 1 }) } }, 'Next seed');
  const draw = () => {
    const d = facts.draws[at], s = loaded(d.sheet);
    if (link) seed.value = d.seed;
    frames.replaceChildren(...d.boxes.map((b, i) => svg('g', {}, svg('rect', { x: b[0], y: b[1], width: b[2], height: b[3], fill: 'none', stroke: colour(i), 'stroke-width': 1.6 }),
      svg('text', { x: b[0] + 2, y: b[1] + 8, fill: colour(i), class: 'tag' }, `${i + 1}`))));
    row.replaceChildren(...tiles(s, d.captions, 72));
    [...row.children].forEach((f, i) => f.style.setProperty('--edge', colour(i)));
  };
  const replay = transport({ label: 'Which draw', count: () => facts.draws.length, text: i => `seed ${facts.draws[i].seed}`, show: i => { at = i; draw(); }, milliseconds: 900 });
  body.append(el('header', {}, el('div', {}, el('h3', {}, facts.title), el('p', { class: 'note' }, facts.note)), link ? el('label', { class: 'pick' }, 'Seed ', seed, again) : null),
    el('div', { class: 'cut' }, el('div', { class: 'whole', style: { width: `${size}px`, height: `${size}px` } }, picture, frames), row), replay.node);
  root.append(body);
  decode(original, original.data).then(b => drawTile(picture, b, original, 0));
  draw();
  return { off: onWidth(body, w => body.classList.toggle('narrow', w < 620)),
    add(d) { const i = facts.draws.findIndex(x => x.seed === d.seed); if (i < 0) facts.draws.push(d); else facts.draws[i] = d; replay.update(); replay.go(i < 0 ? facts.draws.length - 1 : i); } };
}

