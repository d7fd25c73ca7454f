// Lines over steps, with axes and reference lines.
import { svg, colour } from './dom.js';
import { drawLine, longestGap, marker } from './line.js';

/**
 * @typedef {import('./line.js').Line} Line
 * @typedef {import('./line.js').Scale} Scale
 *
 * A reference value: its text, the kind of its dashes, and the sentence of its tooltip.
 * @typedef {{y: number, text: string, kind?: string, tip?: string}} Rule
 *
 * @typedef {object} ChartOptions
 * @property {number} width
 * @property {number} height
 * @property {number} xmax
 * @property {number} ymax
 * @property {Line[]} lines
 * @property {string} label for screen readers
 * @property {{k: number, rules: Rule[]} | null} [across] reference lines with their texts, in the colour of a line
 * @property {{k: number, rules: Rule[]}[]} [beside] those of other lines, short, in columns at the right
 * @property {number[]} [grown] dotted vertical lines
 * @property {number | null} [cursor] a vertical line
 */

/**
 * Round numbers for an axis from 0.
 * @param {number} top
 * @param {number} [want] at most so many steps
 * @param {boolean} [whole] integers only
 * @returns {number[]}
 */
export function ticks(top, want = 4, whole = false) {
  const raw = Math.max(top / want, whole ? 1 : 0), power = 10 ** Math.floor(Math.log10(raw || 1));
  const round = [1, 2, 2.5, 5, 10].map(k => k * power).filter(s => !whole || Number.isInteger(s));
  const step = round.find(s => s >= raw) ?? 10 * power;
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => +(i * step).toPrecision(6));
}

/**
 * Tick labels, all with as many decimals as the step between them needs.
 * @param {number[]} values of `ticks`
 * @returns {string[]}
 */
export function tickLabels(values) {
  const [mantissa, exponent] = (values[1] ?? 1).toExponential().split('e');
  const digits = Math.max(0, Math.max(0, mantissa.length - 2) - +exponent);
  return values.map(v => v.toFixed(digits));
}

/**
 * A line with its marker, for legends.
 * @param {number} k
 */
export const key = k => svg('svg',
  { viewBox: '-9 -6 18 12', width: 18, height: 12, class: 'key', 'aria-hidden': 'true' },
  svg('path', { d: 'M-9 0H9', stroke: colour(k), 'stroke-width': 1.6 }), marker(k, { fill: colour(k) }));

/**
 * A dashed line with the marker of its backbone, for legends.
 * @param {number} k
 */
export const dashKey = k => svg('svg',
  { viewBox: '-14 -6 28 12', width: 28, height: 12, class: 'key', 'aria-hidden': 'true' },
  svg('path', { d: 'M-14 0H6', class: 'base', stroke: colour(k) }),
  marker(k, { fill: colour(k), transform: 'translate(9 0)' }));

/**
 * A hollow marker, for a line of text.
 * @param {number} k
 * @param {string} label for screen readers
 */
export const hollowKey = (k, label) => svg('svg',
  { viewBox: '-7 -6 14 12', width: 14, height: 12, class: 'key', role: 'img', 'aria-label': label },
  marker(k, { class: 'check', stroke: colour(k) }));

const TEXTS = 54, COLUMN = 12, CHECKS = 15; // widths of what stands at the right
const TEXT_LINE = 11; // height of a text

/** @param {ChartOptions} options */
export function lineChart(options) {
  const { width, height, xmax, ymax, lines, label, across = null, beside = [], grown = [], cursor = null } = options;
  const values = ticks(ymax), labels = tickLabels(values), top = 8, bottom = height - 20;
  const left = Math.max(34, 8 + 6.2 * Math.max(...labels.map(text => text.length)));
  const aside = lines.some(line => line.check) ? CHECKS : 0, texts = aside + (across?.rules.length ? TEXTS : 8);
  const w = Math.max(40, width - left - texts - COLUMN * beside.length);
  const scale = {
    left, right: left + w, top, bottom, aside, gap: longestGap(lines.filter(line => line.marks), xmax),
    X: (/** @type {number} */ x) => left + w * x / Math.max(1, xmax),
    Y: (/** @type {number} */ y) => top + (bottom - top) * (1 - Math.min(y, ymax) / ymax),
  };
  const props = { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label, class: 'chart' };
  return svg('svg', props,
    values.map((v, i) => horizontal(scale, v, 'rule', labels[i])).flat(),
    ticks(xmax, w > 260 ? 4 : 2, true).map(v => xLabel(scale, v, width)),
    grown.map(v => vertical(scale, v, 'grown')),
    across ? drawRules(scale, across.k, across.rules) : null,
    beside.map((ladder, i) => drawLadder(scale, ladder.k, ladder.rules, left + w + texts + COLUMN * (i + 0.5))).flat(),
    lines.filter(line => line.points.length).flatMap(line => drawLine(scale, line)),
    cursor === null ? null : vertical(scale, cursor, 'cursor'));
}

/** @param {Scale} scale @param {number} y @param {string} kind @param {string} text */
const horizontal = ({ left, right, Y }, y, kind, text) => [
  svg('path', { d: `M${left} ${Y(y).toFixed(1)}H${right}`, class: kind }),
  svg('text', { x: left - 6, y: Y(y) + 3.5, 'text-anchor': 'end' }, text),
];

/** @param {Scale} scale @param {number} x @param {string} kind */
const vertical = ({ top, bottom, X }, x, kind) =>
  svg('path', { d: `M${X(x).toFixed(1)} ${top}V${bottom}`, class: kind });

/** @param {Scale} scale @param {number} x @param {number} width of the chart */
function xLabel({ bottom, X }, x, width) {
  const inner = X(x) > width - 16 ? 'end' : 'middle';
  return svg('text', { x: X(x), y: bottom + 15, 'text-anchor': x === 0 ? 'start' : inner }, x.toLocaleString('en'));
}

/**
 * Draw rules; texts that are close to each other are moved apart.
 * @param {Scale} scale
 * @param {number} k
 * @param {Rule[]} rules
 */
function drawRules({ left, right, aside, Y }, k, rules) {
  const sorted = [...rules].sort((a, b) => b.y - a.y), places = apart(sorted.map(({ y }) => Y(y) + 3.5));
  return sorted.flatMap(({ y, text, kind, tip }, i) => [
    dashed(`M${left} ${Y(y).toFixed(1)}H${right + aside}`, k, kind, tip),
    svg('text', { x: right + aside + 5, y: places[i], class: 'quiet' }, text),
  ]);
}

/**
 * Baselines of texts, from top to bottom: each as near as possible to its place, none over another, none cut off.
 * @param {number[]} places in ascending order
 */
export function apart(places) {
  const moved = [...places];
  for (let i = moved.length - 2; i >= 0; i--) moved[i] = Math.min(moved[i], moved[i + 1] - TEXT_LINE);
  for (let i = 0; i < moved.length; i++) moved[i] = Math.max(moved[i], i ? moved[i - 1] + TEXT_LINE : TEXT_LINE);
  return moved;
}

/** @param {string} d @param {number} k @param {string} [kind] @param {string} [tip] */
const dashed = (d, k, kind = '', tip = '') =>
  svg('path', { d, class: `base ${kind}`, stroke: colour(k) }, tip ? svg('title', {}, tip) : null);

/**
 * Draw short rules above each other, on the marker of their line.
 * @param {Scale} scale
 * @param {number} k
 * @param {Rule[]} rules
 * @param {number} x
 */
function drawLadder({ bottom, Y }, k, rules, x) {
  const highest = Y(Math.max(...rules.map(r => r.y))).toFixed(1);
  return [
    svg('path', { d: `M${x} ${bottom}V${highest}`, class: 'pole', stroke: colour(k) }),
    ...rules.map(({ y, kind, tip }) => dashed(`M${x - 5} ${Y(y).toFixed(1)}H${x + 5}`, k, kind, tip)),
    marker(k, { fill: colour(k), transform: `translate(${x} ${bottom + 11})` }),
  ];
}
