// Lines, markers and tables of numbers.
import { el, svg, fill, colour } from './core.js';

// Round numbers for an axis from 0.
export function ticks(top, want = 4) {
  const raw = top / want, power = 10 ** Math.floor(Math.log10(raw || 1));
  const step = [1, 2, 2.5, 5, 10].map(k => k * power).find(s => s >= raw);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => +(i * step).toPrecision(6));
}
const MARKERS = ['M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0', 'M-2.7-2.7h5.4v5.4h-5.4z', 'M0-3.6L3.4 2.6h-6.8z', 'M0-3.8L3.8 0 0 3.8-3.8 0z', 'M-3.4-2.6h6.8L0 3.6z'];
export const marker = (k, props = {}) => svg('path', { d: MARKERS[k % MARKERS.length], ...props });
export const key = k => svg('svg', { viewBox: '-9 -6 18 12', width: 18, height: 12, class: 'key', 'aria-hidden': 'true' },
  svg('path', { d: 'M-9 0H9', stroke: colour(k), 'stroke-width': 1.6 }), marker(k, { fill: colour(k) }));

// Lines over steps. `lines`: {k, points: [[x, y, spread]], marks}; `rules`: quiet horizontal lines {y, text}.
export function lineChart({ width, height, xmax, ymax, lines, rules = [], grown = [], cursor = null, unit = '', label, digits = 0, right = 8 }) {
  const left = 34, top = 8, bottom = 20, w = Math.max(40, width - left - right), h = height - top - bottom;
  const X = x => left + w * x / Math.max(1, xmax), Y = y => top + h * (1 - Math.min(y, ymax) / ymax);
  const at = p => `${X(p[0]).toFixed(1)},${Y(p[1]).toFixed(1)}`;
  const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label, class: 'chart' });
  for (const v of ticks(ymax)) root.append(svg('path', { d: `M${left} ${Y(v).toFixed(1)}h${w}`, class: 'rule' }),
    svg('text', { x: left - 6, y: Y(v) + 3.5, 'text-anchor': 'end' }, v.toFixed(digits) + unit));
  const xs = ticks(xmax, w > 260 ? 4 : 2);
  xs.forEach(v => root.append(svg('text', { x: X(v), y: height - 5, 'text-anchor': v === 0 ? 'start' : X(v) > width - 16 ? 'end' : 'middle' }, v.toLocaleString('en'))));
  for (const v of grown) root.append(svg('path', { d: `M${X(v).toFixed(1)} ${top}v${h}`, class: 'grown' }));
  let room = Infinity;
  for (const { y, text } of [...rules].sort((a, b) => a.y - b.y)) {
    room = Math.min(Y(y) + 3.5, room - 11);
    root.append(svg('path', { d: `M${left} ${Y(y).toFixed(1)}h${w}`, class: 'base' }), svg('text', { x: left + w + 5, y: room, class: 'quiet' }, text));
  }
  for (const { k, points, marks } of lines) {
    if (!points.length) continue;
    if (points.some(p => p[2])) root.append(svg('path', { class: 'band', fill: colour(k),
      d: 'M' + [...points.map(p => at([p[0], p[1] + p[2]])), ...[...points].reverse().map(p => at([p[0], Math.max(0, p[1] - p[2])]))].join('L') + 'Z' }));
    root.append(svg('polyline', { points: points.map(at).join(' '), class: 'line', stroke: colour(k) }));
    if (marks) points.forEach(p => root.append(fill(marker(k, { fill: colour(k), transform: `translate(${at(p)})` }), {},
      [svg('title', {}, `step ${p[0]}: ${p[1].toFixed(1)} ± ${(p[2] || 0).toFixed(1)}${unit}`)])));
  }
  if (cursor !== null) root.append(svg('path', { d: `M${X(cursor).toFixed(1)} ${top}v${h}`, class: 'cursor' }));
  return root;
}


const nice = top => [10, 20, 30, 40, 50, 60, 80, 100].find(v => v >= top) || 100;

// A table of accuracies: rows are training sets, columns are backbones.
export function accuracies(columns, rows, { pick, chosen } = {}) {
  const head = columns.map((c, k) => el('th', { scope: 'col' }, pick
    ? el('button', { type: 'button', class: 'column', 'aria-pressed': c === chosen, title: 'Show its baselines in the chart', on: { click: () => pick(c) } }, key(k), c)
    : [c]));
  const cell = s => s ? [s[0].toFixed(1), s[1] ? el('small', {}, ` ± ${s[1].toFixed(1)}`) : null] : '–';
  return el('div', { class: 'scroll' }, el('table', {},
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'top-1, %'), head)),
    el('tbody', {}, rows.map(r => el('tr', { class: r.kind }, el('th', { scope: 'row' }, r.name),
      columns.map(c => el('td', { style: r.heat && r.cells[c] ? { '--heat': `${Math.round(0.62 * r.cells[c][0])}%` } : {}, class: [r.heat ? 'heat' : '', r.own === c ? 'own' : ''].join(' ') }, cell(r.cells[c]))))))));
}
export const BASELINES = ['random', 'centroid', 'neighbour', 'full'];
export const NAMES = { random: 'random real', centroid: 'centroid real', neighbour: 'neighbour real', full: 'all real images' };

// The accuracy of each probed backbone over the steps, with the baselines of one of them.
export function accuracyChart(film, width, chosen, cursor) {
  const curves = film.curves, one = curves.find(c => c.name === chosen) || curves[0];
  const rules = one ? BASELINES.filter(b => b in (one.baselines || {})).map(b => ({ y: one.baselines[b][0], text: b })) : [];
  const top = nice(1.08 * Math.max(10, ...rules.map(r => r.y), ...curves.flatMap(c => c.points.map(p => p[1] + p[2]))));
  const last = c => c.points.length ? `${c.name} ${c.points.at(-1)[1].toFixed(1)} %` : `${c.name} not measured yet`;
  return lineChart({ width, height: 190, xmax: film.steps, ymax: top, rules, cursor, right: rules.length ? 62 : 10,
    lines: curves.map((c, k) => ({ k, points: c.points, marks: true })), label: `Test accuracy by step: ${curves.map(last).join(', ')}` });
}
