// A run: its film, and the view that plays it.
import { el, say, percent, duration, tiles, decode, drawTile, unbase64, loaded, transport, onWidth, colour } from './core.js';
import { key, lineChart, accuracies, accuracyChart, BASELINES, NAMES } from './chart.js';

// The frames of a run. Images that did not change share a tile of an earlier sheet.
export class Film {
  constructor(facts) {
    Object.assign(this, { title: '', note: '', classes: [], labels: [], side: 32, steps: 1, sizes: [], grown: [], loss: [], curves: [], frames: [], details: [], extra: [] }, facts);
    this.sheets = new Map(); this.decoded = new Map();
    for (const s of facts.sheets || []) this.addSheet(s, unbase64(s.data));
  }
  addSheet(sheet, bytes) { this.sheets.set(sheet.id, { ...sheet, data: bytes }); }
  addFrame(frame) {
    const before = this.frames.at(-1);
    if (before && before.passing) this.frames.pop(); // the moving end of the film
    const at = this.frames.findIndex(f => f.step >= frame.step);
    if (at < 0) this.frames.push(frame); else this.frames.splice(at, this.frames[at].step === frame.step ? 1 : 0, frame);
    this.forget();
  }
  drop(steps) { const gone = new Set(steps); this.frames = this.frames.filter(f => !gone.has(f.step)); this.forget(); }
  forget() {
    const used = new Set(this.frames.flatMap(f => this.sheetsOf(f)));
    for (const id of this.sheets.keys()) if (!used.has(id) && id < (this.newest ?? Infinity)) { this.sheets.delete(id); this.decoded.delete(id); }
  }
  sheetsOf(frame) { return frame.tiles ? [...new Set(frame.tiles.map(t => t[0]))] : [frame.sheet]; }
  has(frame) { return this.sheetsOf(frame).every(id => this.sheets.has(id)); }
  // The frame itself, or the nearest earlier (else later) one whose pixels have arrived.
  nearest(index) {
    for (let d = 0; d < this.frames.length; d++) for (const i of [index - d, index + d]) if (this.frames[i] && this.has(this.frames[i])) return i;
    return -1;
  }
  async bitmap(id) {
    const sheet = this.sheets.get(id);
    if (!this.decoded.has(id)) {
      this.decoded.set(id, decode(sheet, sheet.data));
      if (this.decoded.size > 48) this.decoded.delete(this.decoded.keys().next().value);
    }
    return this.decoded.get(id);
  }
  async draw(frame, canvases) {
    const bitmaps = new Map(await Promise.all(this.sheetsOf(frame).map(async id => [id, await this.bitmap(id)])));
    canvases.forEach((canvas, i) => {
      const [id, index] = frame.tiles ? frame.tiles[i] : [frame.sheet, i], sheet = this.sheets.get(id);
      if (sheet) drawTile(canvas, bitmaps.get(id), sheet, index);
    });
  }
}

const figure = (title, note, body, cls = '') => el('section', { class: `card ${cls}` }, el('h4', {}, title, note ? el('small', {}, note) : null), body);

// As many columns as fit, preferring full rows.
export function columnsFor(n, width, side) {
  const most = Math.max(1, Math.floor((width + 8) / (side + 8))), least = Math.max(1, Math.floor((width + 8) / (1.9 * side + 8)));
  for (let c = Math.min(n, most); c >= Math.min(n, least); c--) if (n % c === 0) return c;
  return Math.min(n, most);
}

function lossChart(film, width, cursor) {
  const all = film.loss, every = Math.max(1, Math.ceil(all.length / 400)), points = all.filter((_, i) => i % every === 0 || i === all.length - 1);
  const top = all.reduce((m, p) => Math.max(m, p[1]), 0) || 1;
  return lineChart({ width, height: 96, xmax: film.steps, ymax: top * 1.05, lines: [{ k: 1, points }], grown: film.grown, cursor, digits: top < 1 ? 1 : 1,
    label: all.length ? `Meta-loss: ${all.at(-1)[1].toFixed(3)} at step ${all.at(-1)[0]}` : 'Meta-loss: no step yet' });
}

// A run: its images, its charts, its history. `link.ask(message)` where a kernel listens.
export function evolution(root, facts, link = null) {
  const film = new Film(facts);
  let chosen = film.curves.find(c => c.own)?.name ?? film.curves[0]?.name, open = null, level = 0, width = 0, state = film.status || null, drawing = false, again = false, shown = null;
  const canvases = [], names = film.labels.map(l => film.classes[l]);
  const pixelated = film.side <= 48 ? 'pixelated' : 'auto';
  const title = el('h3', {}), note = el('p', { class: 'note' }), chip = el('span', { class: 'chip', role: 'status' }), numbers = el('span', { class: 'numbers' });
  const bar = el('div', { class: 'bar', role: 'progressbar', 'aria-label': 'Steps done', 'aria-valuemin': 0 }, el('i'));
  const grid = el('div', { class: 'grid', role: 'group', 'aria-label': 'The images, one button each', style: { '--rendering': pixelated } });
  const empty = el('p', { class: 'empty' });
  const tower = el('div', { class: 'levels', role: 'group', 'aria-label': 'Levels of the pyramid' });
  const accuracy = el('div', { class: 'plot' }), table = el('div'), loss = el('div', { class: 'plot' });
  const detail = el('section', { class: 'detail', hidden: true, tabindex: -1 });
  const message = el('p', { class: 'message', role: 'alert', hidden: true }), kept = el('p', { class: 'kept' });
  const replay = transport({ label: 'Step of the run', live: !!link, count: () => film.frames.length,
    text: i => film.frames[i] ? `step ${film.frames[i].step}` : 'no step yet', show: i => { shown = film.frames[i]?.step ?? null; paint(); } });

  const tile = (name, i) => {
    const canvas = el('canvas', { width: film.side, height: film.side, 'aria-hidden': 'true' });
    canvases.push(canvas);
    return el('button', { type: 'button', class: 'tile', 'aria-label': `${name}: look closer`, 'aria-expanded': 'false', on: { click: () => look(open === i ? null : i) } }, canvas, el('span', {}, name));
  };
  grid.append(...names.map(tile));

  function frame() { const i = film.nearest(replay.at); return i < 0 ? null : film.frames[i]; }
  // Pictures are decoded in their own time; the newest wish wins.
  async function paint() {
    if (drawing) { again = true; return; }
    drawing = true;
    do {
      again = false;
      const f = frame();
      grid.classList.toggle('blank', !f);
      if (f && !(level && replay.follow)) await film.draw(f, canvases).catch(() => {});
    } while (again);
    drawing = false;
    charts(); pyramid();
  }
  function cursor() { return replay.follow || replay.at === film.frames.length - 1 ? null : film.frames[replay.at]?.step ?? null; }
  let asked = 0;
  function charts() {
    if (asked) return;
    asked = requestAnimationFrame(() => { asked = 0; if (!width) return;
      accuracy.replaceChildren(film.curves.length ? accuracyChart(film, accuracy.clientWidth || 300, chosen, cursor()) : el('p', { class: 'empty' }, 'No backbone is probed.'));
      loss.replaceChildren(lossChart(film, loss.clientWidth || 300, cursor()));
      if (open !== null && !link) { const big = detail.querySelector('canvas'); if (big && canvases[open].width) big.getContext('2d').drawImage(canvases[open], 0, 0); }
    });
  }
  function numbersTable() {
    const columns = film.curves.map(c => c.name); if (!columns.length) return table.replaceChildren();
    const latest = Object.fromEntries(film.curves.map(c => [c.name, c.points.at(-1)?.slice(1)]));
    const steps = [...new Set(film.curves.map(c => c.points.at(-1)?.[0]).filter(s => s !== undefined))];
    const rows = [{ kind: 'distilled', name: steps.length === 1 ? `distilled, step ${steps[0]}` : 'distilled, latest', cells: latest },
      ...BASELINES.filter(b => film.curves.some(c => c.baselines?.[b])).map(b => ({ kind: 'baseline', name: NAMES[b], cells: Object.fromEntries(film.curves.map(c => [c.name, c.baselines?.[b]])) }))];
    table.replaceChildren(accuracies(columns, rows, { chosen, pick: c => { chosen = c; charts(); numbersTable(); } }),
      el('p', { class: 'note' }, film.protocol || ''));
  }
  function pyramid() {
    const f = frame(), have = replay.follow && link ? state?.levels ?? f?.levels ?? 0 : f?.levels ?? 0;
    const wanted = film.sizes.map((s, i) => `${s}${i < have}${level === i + 1}`).join();
    if (tower.dataset.shows === wanted) return;
    tower.dataset.shows = wanted;
    const focused = tower.getRootNode().activeElement?.dataset?.level;
    tower.replaceChildren(el('span', { class: 'lead' }, 'Pyramid'), ...(link ? [levelButton(0, 'all', true)] : []),
      ...film.sizes.map((s, i) => link ? levelButton(i + 1, `${s}`, i < have) : el('span', { class: `level ${i < have ? 'full' : ''}` }, `${s}`)), el('span', { class: 'lead' }, 'px'));
    if (focused) tower.querySelector(`[data-level="${focused}"]`)?.focus();
  }
  const levelButton = (k, text, full) => el('button', { type: 'button', class: `level ${full ? 'full' : ''}`, 'data-level': k, disabled: !full,
    'aria-pressed': level === k, title: k ? `Show the ${text} px level alone` : 'Show the whole images', on: { click: () => { level = k; delete tower.dataset.shows; pyramid(); askLevel(); replay.update(); } } }, text);
  function askLevel() { if (level && link && replay.follow) link.ask({ ask: 'level', level }); }

  // The closer look at one image.
  function look(i) {
    [...grid.children].forEach((b, k) => { b.setAttribute('aria-expanded', k === i); b.classList.toggle('on', k === i); });
    const was = open; open = i;
    detail.hidden = i === null;
    if (i === null) { if (was !== null) grid.children[was].focus(); return; }
    if (was !== i) showDetail({ image: i, waiting: !!link, ...(film.details[i] || {}) });
    if (link) link.ask({ ask: 'detail', image: i });
    detail.focus({ preventScroll: true });
    detail.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  }
  async function showDetail(d) {
    if (d.image !== open) return;
    const name = names[open], big = el('canvas', { class: 'big', width: film.side, height: film.side, role: 'img', 'aria-label': `${name}, large` });
    big.style.setProperty('--rendering', pixelated);
    if (d.big) { const s = loaded(d.big); decode(s, s.data).then(b => drawTile(big, b, s, 0)); }
    else if (canvases[open].width) big.getContext('2d').drawImage(canvases[open], 0, 0);
    const curves = film.curves.filter(c => c.classes?.[film.labels[open]] !== undefined);
    const bars = curves.map(c => { const v = c.classes[film.labels[open]], k = film.curves.indexOf(c);
      return el('div', { class: 'meter' }, el('span', {}, key(k), c.name), el('i', { 'aria-hidden': 'true' }, el('b', { style: { width: `${v}%`, background: colour(k) } })), el('span', {}, percent(v))); });
    const parts = (d.parts || []).map(p => el('div', { class: 'part' }, el('h5', {}, p.title, p.note ? el('small', {}, p.note) : null), el('div', { class: 'row' }, tiles(loaded(p.sheet), p.captions, 56))));
    const keep = detail.scrollTop;
    detail.replaceChildren(
      el('div', { class: 'head' }, el('h4', {}, name, el('small', {}, d.step !== undefined ? `step ${d.step}` : '')), el('button', { type: 'button', class: 'close', 'aria-label': 'Close the closer look', on: { click: () => look(null) } }, '×')),
      el('div', { class: 'cols' }, el('div', {}, big), el('div', { class: 'grow' },
        el('div', { class: 'part' }, el('h5', {}, 'Test accuracy of this class', el('small', {}, curves.length && curves[0].points.length ? `step ${curves[0].points.at(-1)[0]}` : '')), bars.length ? bars : el('p', { class: 'empty' }, 'Not measured yet.')),
        parts, d.waiting ? el('p', { class: 'empty' }, 'Asking the kernel …') : null)));
    detail.scrollTop = keep;
  }
  detail.addEventListener('keydown', e => { if (e.key === 'Escape') { e.stopPropagation(); look(null); } });

  const STATES = { ready: 'Ready', preparing: 'Preparing', running: 'Running', pausing: 'Pausing', paused: 'Paused', measuring: 'Measuring', finished: 'Finished', stopped: 'Stopped', failed: 'Failed', gone: 'No kernel' };
  function status() {
    say(title, film.title); say(note, film.note);
    const s = state; chip.hidden = !s;
    const step = s ? s.step : film.frames.at(-1)?.step ?? 0;
    if (s) { say(chip, STATES[s.state] || s.state); chip.dataset.state = s.state; }
    say(numbers, s ? [s.doing, s.state === 'ready' ? '' : `step ${s.step} of ${film.steps}`, s.rate && s.state === 'running' ? `${s.rate < 10 ? s.rate.toFixed(1) : Math.round(s.rate)} steps/s` : '', s.left && s.state === 'running' ? `${duration(s.left)} left` : ''].filter(Boolean).join(' · ') : `${step} steps`);
    bar.hidden = !s; bar.setAttribute('aria-valuemax', film.steps); bar.setAttribute('aria-valuenow', step);
    bar.firstChild.style.width = `${100 * step / film.steps}%`;
    empty.hidden = film.frames.length > 0;
    say(empty, s?.state === 'ready' || !s ? (link ? 'Press Start: one image for each class grows out of noise here.' : 'This run has no frames.') : s.doing || 'The first frame is on its way …');
    message.hidden = !s?.message; say(message, s?.message || '');
    say(kept, film.kept || '');
  }

  root.append(el('div', { class: 'lgm' },
    el('header', {}, el('div', {}, title, note), el('div', { class: 'state' }, chip, numbers)), bar, message,
    el('div', { class: 'body' },
      el('div', { class: 'left' }, el('div', { class: 'stage' }, grid, empty), film.sizes.length ? tower : null, el('div', { class: 'foot' }, replay.node, kept)),
      film.curves.length || film.loss.length || link ? el('div', { class: 'right' },
        film.curves.length || link ? figure('Test accuracy', 'of a linear probe on real images', [accuracy, table]) : null,
        figure('Meta-loss', film.grown.length || link ? 'dotted: a new level' : '', loss)) : null),
    detail));
  const offCard = onWidth(root.lastChild, w => {
    width = w;
    root.lastChild.classList.toggle('narrow', w < 620); root.lastChild.classList.toggle('tiny', w < 380);
    paint();
  }), offGrid = onWidth(grid, room => { // by its own width: a switch of themes can settle it after the card's
    const side = names.length > 40 ? 52 : names.length > 6 ? 64 : 84;
    grid.style.setProperty('--columns', columnsFor(names.length, room, width < 460 ? Math.min(side, 50) : side));
  });
  status(); numbersTable(); replay.update();

  return {
    film, look, off() { offCard(); offGrid(); },
    frames() { const i = film.frames.findIndex(f => f.step >= shown); replay.update(i < 0 ? film.frames.length - 1 : i); if (level) askLevel(); },
    charts() { charts(); numbersTable(); if (chosen === undefined) chosen = film.curves[0]?.name; },
    status(s) { state = s; status(); pyramid(); },
    detail(d) { showDetail(d); },
    level(sheet, k) { if (k === level && replay.follow) decode(sheet, sheet.data).then(b => canvases.forEach((c, i) => drawTile(c, b, sheet, i))); },
    get open() { return open; },
  };
}

