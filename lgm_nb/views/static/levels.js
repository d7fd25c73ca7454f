import { el, decode, drawTile, loaded, transport, onWidth } from './core.js';

// The levels of a pyramid: each alone, and the sum so far.
export function levels(root, facts) {
  const sheet = loaded(facts.sheet), L = facts.sizes.length, n = facts.names.length;
  let image = 0, upto = L - 1;
  const body = el('div', { class: 'lgm' }), choose = el('select', { 'aria-label': 'Which image', on: { change: () => { image = +choose.value; draw(); } } }, facts.names.map((t, i) => el('option', { value: i }, t)));
  const box = () => el('canvas', { width: sheet.side, height: sheet.side, role: 'img', style: { '--rendering': sheet.side <= 48 ? 'pixelated' : 'auto' } });
  const cells = facts.sizes.map((s, l) => ({ alone: box(), sum: box() }));
  const columns = cells.map((c, l) => el('div', { class: 'rung' }, el('b', {}, `${facts.sizes[l]} px`), c.alone, el('span', { 'aria-hidden': 'true' }, l ? '+ ↓' : '↓'), c.sum));
  const draw = () => decode(sheet, sheet.data).then(bitmap => {
    cells.forEach((c, l) => {
      drawTile(c.alone, bitmap, sheet, image * 2 * L + l); drawTile(c.sum, bitmap, sheet, image * 2 * L + L + l);
      c.alone.setAttribute('aria-label', `${facts.names[image]}: the ${facts.sizes[l]} px level alone`);
      c.sum.setAttribute('aria-label', `${facts.names[image]}: all levels up to ${facts.sizes[l]} px`);
      columns[l].classList.toggle('off', l > upto);
    });
  });
  const replay = transport({ label: 'Levels added', count: () => L, text: i => `${i + 1} of ${L} levels`, show: i => { upto = i; draw(); }, milliseconds: 700 });
  body.append(el('header', {}, el('div', {}, el('h3', {}, facts.title), el('p', { class: 'note' }, facts.note)), n > 1 ? el('label', { class: 'pick' }, choose) : null),
    el('div', { class: 'scroll' }, el('div', { class: 'ladder' }, el('div', { class: 'rung lead' }, el('b', {}, 'level'), el('span', {}, 'alone'), el('span'), el('span', {}, 'sum so far')), columns)), replay.node);
  root.append(body);
  draw();
  return { off: onWidth(body, w => body.classList.toggle('narrow', w < 620)) };
}

