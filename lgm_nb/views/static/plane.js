// The geometry of a feature map: where its dots and marks are, and which of them the pointer is at.

/** @typedef {import('./protocol.js').FeatureMap} FeatureMap */
/** @typedef {import('./protocol.js').Moment} Moment */
/**
 * @typedef {{left: number, right: number, low: number, high: number}} Box in the units of a map
 * @typedef {{width: number, height: number, X: (x: number) => number, Y: (y: number) => number}} Fitted to pixels
 *
 * What is highlighted: a class, and perhaps one of its images.
 * @typedef {{label: number, image: number | null}} Lit
 */

/**
 * The marks at a step: between two moments on the line from one to the next, before and after all of them where they
 * are at the first and at the last. The nearest classes are those of one moment, `step`: the latest, else the first.
 * @param {Moment[]} walk in the order of steps
 * @param {number} step
 * @returns {Moment}
 */
export function marksAt(walk, step) {
  const next = walk.findIndex(moment => moment.step > step);
  if (next <= 0) return (next < 0 ? walk.at(-1) : walk[0]) ?? { step, at: [], near: [] };
  const from = walk[next - 1], to = walk[next], share = (step - from.step) / (to.step - from.step);
  return { ...from, at: from.at.map((v, i) => v + share * (to.at[i] - v)) };
}

/**
 * The way of an image up to a step.
 * @param {Moment[]} walk
 * @param {number} step
 * @param {number} image
 * @returns {number[][]} [x, y] each
 */
export function trail(walk, step, image) {
  const of = (/** @type {number[]} */ at) => at.slice(2 * image, 2 * image + 2);
  return [...walk.filter(moment => moment.step <= step).map(({ at }) => of(at)), of(marksAt(walk, step).at)];
}

/**
 * Moments in the order of their steps, one per step.
 * @param {Moment[]} known
 * @param {Moment[]} more
 */
export const joined = (known, more) =>
  [...new Map([...known, ...more].map(moment => [moment.step, moment])).values()].sort((a, b) => a.step - b.step);

/**
 * The box around all dots and the whole walk, so that it is the same at every step.
 * @param {FeatureMap} map
 * @returns {Box}
 */
export function extent({ dots = [], walk }) {
  const box = { left: Infinity, right: -Infinity, low: Infinity, high: -Infinity };
  for (const at of [...dots, ...walk.map(moment => moment.at)]) {
    for (let i = 0; i < at.length; i += 2) {
      box.left = Math.min(box.left, at[i]);
      box.right = Math.max(box.right, at[i]);
      box.low = Math.min(box.low, at[i + 1]);
      box.high = Math.max(box.high, at[i + 1]);
    }
  }
  return box.left <= box.right ? box : { left: -1, right: 1, low: -1, high: 1 };
}

/**
 * Fit a box into pixels, in the middle and with one scale for both axes, so that distances can be compared.
 * @param {Box} box
 * @param {number} width
 * @param {number} height
 * @param {number} [margin] pixels
 * @returns {Fitted}
 */
export function fitted({ left, right, low, high }, width, height, margin = 12) {
  const [w, h] = [Math.max(right - left, 1), Math.max(high - low, 1)];
  const scale = Math.max(0, Math.min((width - 2 * margin) / w, (height - 2 * margin) / h));
  const X = (/** @type {number} */ x) => width / 2 + scale * (x - (left + right) / 2);
  const Y = (/** @type {number} */ y) => height / 2 - scale * (y - (low + high) / 2);
  return { width, height, X, Y };
}

/**
 * The index of the nearest point within a radius, -1 if there is none.
 * @param {number[]} points x, y, x, y … in pixels
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function nearestPoint(points, x, y, radius) {
  let found = -1, least = radius ** 2;
  for (let i = 0; i < points.length; i += 2) {
    const d = (points[i] - x) ** 2 + (points[i + 1] - y) ** 2;
    if (d <= least) [found, least] = [i / 2, d];
  }
  return found;
}

/**
 * What the pointer is at: the nearest mark, else the class of the nearest dot; null if nothing is near.
 * @param {number} x
 * @param {number} y
 * @param {number[]} marks x, y, x, y … in pixels
 * @param {number[]} labels of the marks
 * @param {number[][]} dots of each class, x, y, x, y … in pixels
 * @returns {Lit | null}
 */
export function hit(x, y, marks, labels, dots) {
  const image = nearestPoint(marks, x, y, 12);
  if (image >= 0) return { label: labels[image], image };
  const dot = nearestPoint(dots.flat(), x, y, 9);
  if (dot < 0) return null;
  let before = 0;
  const label = dots.findIndex(own => dot < (before += own.length / 2));
  return { label, image: null };
}

/** @typedef {{x: number, y: number, text: string}} Name its middle, in pixels */

const LETTER = 5.6, LINE = 12, SPOT = 6; // pixels, roughly

/**
 * Where names can stand without covering each other or a mark: in their place, else above, below or beside it. Those
 * far from the middle come first, since they have more room.
 * @param {Name[]} names
 * @param {number[]} marks x, y, x, y … in pixels
 * @param {number} width of the map
 * @returns {(Name | null)[]} null where there is no room
 */
export function placedNames(names, marks, width) {
  const mean = (/** @type {'x' | 'y'} */ d) => names.reduce((sum, n) => sum + n[d], 0) / Math.max(1, names.length);
  const [x, y] = [mean('x'), mean('y')], far = (/** @type {Name} */ n) => Math.hypot(n.x - x, n.y - y);
  /** @type {(Name | null)[]} */
  const placed = names.map(() => null);
  for (const i of [...names.keys()].sort((a, b) => far(names[b]) - far(names[a]))) {
    const half = LETTER * names[i].text.length / 2, side = half + SPOT + 3;
    const tries = [[0, 0], [0, -LINE], [0, LINE], [side, 0], [-side, 0]]
      .map(([dx, dy]) => ({ ...names[i], x: names[i].x + dx, y: names[i].y + dy }));
    placed[i] = tries.find(name => name.x > half && name.x < width - half && isFree(name, placed, marks)) ?? null;
  }
  return placed;
}

/** @param {Name} name @param {(Name | null)[]} others @param {number[]} marks */
function isFree({ x, y, text }, others, marks) {
  const half = LETTER * text.length / 2;
  const covers = (/** @type {Name | null} */ other) => other && Math.abs(other.y - y) < LINE
    && Math.abs(other.x - x) < half + LETTER * other.text.length / 2 + 4;
  const hides = marks.some((mark, i) => i % 2 === 0
    && Math.abs(mark - x) < half + SPOT && Math.abs(marks[i + 1] - y) < LINE / 2 + SPOT - 2);
  return !hides && !others.some(covers);
}
