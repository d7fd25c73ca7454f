// What every view shares: elements, themes, pictures, charts. No framework, no other host.
// Text reaches the page only as text nodes and attribute values, never as markup.

const SVG = 'http://www.w3.org/2000/svg';
export const fill = (node, props, children) => {
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'on') for (const [name, f] of Object.entries(value)) node.addEventListener(name, f);
    else if (key === 'style') for (const [name, v] of Object.entries(value)) node.style.setProperty(name, v);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat().filter(c => c !== null && c !== undefined && c !== false));
  return node;
};
export const el = (tag, props = {}, ...children) => fill(document.createElement(tag), props, children);
export const svg = (tag, props = {}, ...children) => fill(document.createElementNS(SVG, tag), props, children);

// Set a text only where it changed: selections and screen readers stay undisturbed.
export const say = (node, text) => { if (node.textContent !== text) node.textContent = text; };

export const percent = v => `${v.toFixed(1)} %`;
export const duration = s => s < 1 ? 'under 1 s' : s < 90 ? `${Math.round(s)} s` : s < 5400 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`;

// Dark or light is what the page behind us is, whoever made the page.
const backdrop = node => {
  for (let n = node; n; n = n.parentElement || n.getRootNode().host) {
    const c = getComputedStyle(n).backgroundColor.match(/[\d.]+/g);
    if (c && (c.length < 4 || +c[3] > 0.5)) return c.map(Number);
  }
  const dark = getComputedStyle(document.documentElement).colorScheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches;
  return dark ? [20, 20, 20] : [255, 255, 255];
};
export function watchTheme(host) {
  const apply = () => {
    const [r, g, b] = backdrop(host);
    host.dataset.theme = 0.299 * r + 0.587 * g + 0.114 * b < 128 ? 'dark' : 'light';
  };
  const seen = new MutationObserver(() => requestAnimationFrame(apply));
  for (const node of [document.documentElement, document.body]) if (node) seen.observe(node, { attributes: true });
  const media = matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', apply);
  apply();
  return () => { seen.disconnect(); media.removeEventListener('change', apply); };
}

// A shadow root keeps the page's styles out of ours and ours out of the page.
export function shell(host, css) {
  const root = host.shadowRoot || host.attachShadow({ mode: 'open' });
  root.replaceChildren(el('style', {}, css));
  return root;
}

export const unbase64 = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

// A sheet holds equal square tiles, `columns` in a row: raw RGB, or a compressed picture.
export async function decode({ mime, columns, side, count }, bytes) {
  if (mime !== 'raw') return createImageBitmap(new Blob([bytes], { type: mime }));
  const width = columns * side, height = Math.ceil(count / columns) * side;
  const pixels = new ImageData(width, height);
  for (let i = 0, j = 0; i < bytes.length; i += 3, j += 4) {
    pixels.data[j] = bytes[i]; pixels.data[j + 1] = bytes[i + 1]; pixels.data[j + 2] = bytes[i + 2]; pixels.data[j + 3] = 255;
  }
  return createImageBitmap(pixels);
}
export function drawTile(canvas, bitmap, { columns, side }, index) {
  if (canvas.width !== side) canvas.width = canvas.height = side;
  canvas.getContext('2d').drawImage(bitmap, (index % columns) * side, Math.floor(index / columns) * side, side, side, 0, 0, side, side);
}
// Canvases of the tiles of one sheet.
export function tiles(sheet, captions, size) {
  const boxes = captions.map(text => el('figure', {},
    el('canvas', { width: sheet.side, height: sheet.side, role: 'img', 'aria-label': text, style: size ? { width: `${size}px` } : {} }), el('figcaption', {}, text)));
  decode(sheet, sheet.data).then(bitmap => boxes.forEach((box, i) => drawTile(box.firstChild, bitmap, sheet, i)));
  return boxes;
}

// Play, a slider and a readout, for anything that has positions.
export function transport({ label, count, text, show, milliseconds = 120, loop = false, live = false }) {
  let timer = null, at = Math.max(0, count() - 1), follow = live, speed = 1;
  const slider = el('input', { type: 'range', min: 0, step: 1, 'aria-label': label, on: { input: () => { stop(); go(+slider.value); } } });
  const play = el('button', { type: 'button', class: 'play', on: { click: () => timer ? stop() : start() } });
  const readout = el('output', { class: 'readout' });
  const pace = el('button', { type: 'button', class: 'pace', 'aria-label': 'Playing speed', title: 'Playing speed', on: { click: () => {
    speed = speed === 1 ? 2 : speed === 2 ? 0.5 : 1; say(pace, `${speed}×`); if (timer) { stop(); start(); } } } }, '1×');
  const now = live ? el('button', { type: 'button', class: 'live', title: 'Follow the run', on: { click: () => { stop(); follow = true; update(); } } }, 'Live') : null;
  const icon = () => {
    const name = timer ? 'Pause' : 'Play';
    play.setAttribute('aria-label', name); play.title = name;
    play.replaceChildren(svg('svg', { viewBox: '0 0 16 16', width: 14, height: 14, 'aria-hidden': 'true' },
      svg('path', { d: timer ? 'M3 2h3.6v12H3zM9.4 2H13v12H9.4z' : 'M4 1.8v12.4L14 8z', fill: 'currentColor' })));
    if (now) { now.setAttribute('aria-pressed', follow); now.classList.toggle('on', follow); }
  };
  const paint = () => {
    const last = Math.max(0, count() - 1);
    slider.max = last; slider.value = at; slider.disabled = play.disabled = last < 1;
    slider.style.setProperty('--done', last ? `${100 * at / last}%` : '100%');
    slider.setAttribute('aria-valuetext', text(at)); say(readout, text(at)); icon();
  };
  function go(i) { at = Math.max(0, Math.min(count() - 1, i)); follow = live && at === count() - 1; paint(); if (count()) show(at); }
  function stop() { clearInterval(timer); timer = null; icon(); }
  function start() {
    if (at >= count() - 1) at = -1;
    timer = setInterval(() => {
      if (at >= count() - 1) { if (loop) at = -1; else return stop(); }
      at++; paint(); show(at);
    }, milliseconds / speed);
    at = Math.min(at + 1, count() - 1); follow = false; paint(); show(at);
  }
  // More positions came, or some went; `stay` is where the one that was shown is now.
  function update(stay = at) { at = stay; if (follow) at = Math.max(0, count() - 1); at = Math.min(at, Math.max(0, count() - 1)); paint(); if (count()) show(at); }
  const node = el('div', { class: 'transport' }, play, slider, readout, pace, now);
  paint();
  return { node, go, stop, update, get at() { return at; }, get follow() { return follow; }, get playing() { return !!timer; } };
}

// Call `draw(width)` now and whenever the width changes.
export function onWidth(node, draw) {
  let width = 0;
  const seen = new ResizeObserver(([entry]) => {
    const w = Math.floor(entry.contentRect.width);
    if (w && w !== width) { width = w; requestAnimationFrame(() => draw(w)); }
  });
  seen.observe(node);
  return () => seen.disconnect();
}

// Facts carry pixels as base64 in a page, as bytes from a kernel.
export const loaded = sheet => ({ ...sheet, data: typeof sheet.data === 'string' ? unbase64(sheet.data) : sheet.data });

// Colours of lines and boxes, from the palette of the theme.
export const colour = k => `var(--c${k % 6})`;
