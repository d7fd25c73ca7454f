// One line of a chart: its band, its markers, its gaps, and what stands right of it.
import { svg, colour } from './dom.js';

/**
 * points: [x, y, spread]; check: a value measured in another way, right of the last x.
 * @typedef {{k: number, points: number[][], marks?: boolean, check?: {y: number, spread: number, tip: string}}} Line
 *
 * gap: the largest distance of points that a line crosses; aside: width of what stands right of the last x.
 * @typedef {{left: number, right: number, top: number, bottom: number, gap: number, aside: number,
 *   X: (x: number) => number, Y: (y: number) => number}} Scale
 *
 * @typedef {(x: number, y: number) => string} At
 */

const MARKERS = [
  'M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0', 'M-2.7-2.7h5.4v5.4h-5.4z', 'M0-3.6L3.4 2.6h-6.8z',
  'M0-3.8L3.8 0 0 3.8-3.8 0z', 'M-3.4-2.6h6.8L0 3.6z',
];

/**
 * @param {number} k
 * @param {Record<string, any>} props
 * @param {Element[]} children
 */
export const marker = (k, props, ...children) => svg('path', { d: MARKERS[k % MARKERS.length], ...props }, children);

/**
 * The largest distance in x that a line crosses as if it was measured: an eighth of the axis, or three of the usual
 * distances.
 * @param {Line[]} lines
 * @param {number} xmax
 */
export function longestGap(lines, xmax) {
  const gaps = lines.flatMap(({ points }) => points.slice(1).map((p, i) => p[0] - points[i][0])).sort((a, b) => a - b);
  return Math.max(xmax / 8, 3 * (gaps[gaps.length >> 1] ?? 0));
}

/**
 * Points without a gap between them.
 * @param {number[][]} points
 * @param {number} gap the largest distance in x
 */
export function unbroken(points, gap) {
  /** @type {number[][][]} */
  const runs = [];
  points.forEach((p, i) => {
    if (!i || p[0] - points[i - 1][0] > gap) runs.push([]);
    runs[runs.length - 1].push(p);
  });
  return runs;
}

const MOST_MARKS = 12;

/**
 * A line with its band and its markers; of many points some are marked. Where nothing was measured it is dotted.
 * @param {Scale} scale
 * @param {Line} line
 * @returns {SVGElement[]}
 */
export function drawLine(scale, { k, points, marks, check }) {
  /** @type {At} */
  const at = (x, y) => `${scale.X(x).toFixed(1)},${scale.Y(y).toFixed(1)}`;
  const runs = marks ? unbroken(points, scale.gap) : [points];
  const lines = runs.flatMap((run, i) => [
    ...drawBand(run, at, k), i ? dotted([/** @type {number[]} */ (runs[i - 1].at(-1)), run[0]], at, k) : null,
    svg('polyline', { points: run.map(([x, y]) => at(x, y)).join(' '), class: 'line', stroke: colour(k) }),
  ]);
  const every = Math.ceil(points.length / MOST_MARKS);
  const marked = !marks ? [] : points.filter((_, i) => i % every === 0 || i === points.length - 1);
  const markers = marked.map(([x, y, spread = 0]) => marker(k,
    { fill: colour(k), transform: `translate(${at(x, y)})` },
    svg('title', {}, `step ${x}: ${y.toFixed(1)}${spread ? ` ± ${spread.toFixed(1)}` : ''}`)));
  return [...lines.filter(node => node !== null), ...markers, ...check ? drawCheck(scale, k, check) : []];
}

/** @param {number[][]} points @param {At} at @param {number} k */
function drawBand(points, at, k) {
  if (!points.some(p => p[2])) return [];
  const upper = points.map(([x, y, spread = 0]) => at(x, y + spread));
  const lower = points.map(([x, y, spread = 0]) => at(x, Math.max(0, y - spread))).reverse();
  return [svg('path', { class: 'band', fill: colour(k), d: `M${[...upper, ...lower].join('L')}Z` })];
}

/** @param {number[][]} ends @param {At} at @param {number} k */
const dotted = ([[a, ya], [b, yb]], at, k) => svg('path',
  { d: `M${at(a, ya)}L${at(b, yb)}`, class: 'line unmeasured', stroke: colour(k) },
  svg('title', {}, `not measured between step ${a} and step ${b}`));

/**
 * A hollow marker right of the last x, with its spread.
 * @param {Scale} scale
 * @param {number} k
 * @param {{y: number, spread: number, tip: string}} check
 */
function drawCheck({ right, aside, Y }, k, { y, spread, tip }) {
  const x = (right + aside / 2 + 1).toFixed(1);
  const [low, at, high] = [-spread, 0, spread].map(d => Y(Math.max(0, y + d)).toFixed(1));
  return [
    svg('path', { d: `M${x} ${high}V${low}`, class: 'pole', stroke: colour(k) }),
    marker(k, { class: 'check', stroke: colour(k), transform: `translate(${x} ${at})` }, svg('title', {}, tip)),
  ];
}
