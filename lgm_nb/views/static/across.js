// Accuracy of all runs on the same data: distilled with × probed on. The run of the view is the last row.
import { el, keepFocus } from './dom.js';
import { accuracyTable } from './accuracy.js';
import { explained } from './help.js';
import { levelHeadings } from './page.js';

/** @typedef {import('./protocol.js').Curve} Curve */
/** @typedef {import('./protocol.js').Shelved} Shelved */
/** @typedef {import('./accuracy.js').Row} Row */

/**
 * @param {string[]} sources
 * @param {string} place
 * @param {Curve[]} curves
 * @returns {Row}
 */
const rowOf = (sources, place, curves) => ({
  kind: 'distilled', name: `${sources.join(' + ')} (${place})`, own: sources,
  cells: Object.fromEntries(curves.map(c => [c.name, c.points.at(-1)?.slice(1)])),
});

/** All real images, where a run was compared with them. @param {Curve[]} curves @returns {Row[]} */
function fullRow(curves) {
  const known = curves.filter(c => c.baselines?.full);
  const cells = Object.fromEntries(known.map(c => [c.name, c.baselines?.full]));
  return known.length ? [{ kind: 'baseline', name: 'all real images', help: 'full', cells }] : [];
}

/**
 * Columns and rows of the matrix: runs from the oldest to the newest, then the run of the view.
 * @param {Shelved[]} runs on the shelf, the newest first
 * @param {Curve[]} curves of the run of the view
 * @param {string} data its data
 */
export function acrossRuns(runs, curves, data) {
  const same = runs.filter(run => run.data === data && run.curves?.some(c => c.points.length)).reverse();
  const rows = same.map(({ sources = [], place, curves: own = [] }) => rowOf(sources, place, own));
  const step = Math.max(0, ...curves.map(c => c.points.at(-1)?.[0] ?? 0));
  const now = rowOf(curves.filter(c => c.own).map(c => c.name), `now, step ${step}`, curves);
  const shelved = rows.find(row => JSON.stringify(row.cells) === JSON.stringify(now.cells)); // it has ended
  if (!shelved && curves.some(c => c.points.length)) rows.push(now);
  (shelved ?? now).kind = 'distilled now';
  const all = [...curves, ...same.flatMap(run => run.curves ?? [])];
  return { columns: [...new Set(all.map(c => c.name))], rows: rows.length ? [...fullRow(all), ...rows] : [] };
}

export class Across {
  constructor() {
    this.node = el('div', { class: 'across', hidden: true });
    /** @type {Shelved[]} */
    this.runs = [];
    /** @type {Curve[]} */
    this.curves = [];
    this.data = '';
  }

  /** @param {Shelved[]} runs */
  fill(runs) {
    this.runs = runs;
    this.draw();
  }

  /** A run has started, or another view of it. @param {import('./protocol.js').RunFacts} facts */
  begin({ curves = [], settings = {} }) {
    this.data = settings.Data ?? '';
    this.update(curves);
  }

  /** @param {Curve[]} curves of the run of the view */
  update(curves) {
    this.curves = curves;
    this.draw();
  }

  draw() {
    const { columns, rows } = acrossRuns(this.runs, this.curves, this.data);
    this.node.hidden = !rows.length;
    keepFocus(this.node, () => this.node.replaceChildren(
      el('h4', {}, explained('across', 'Accuracy across backbones'), el('small', {}, `all runs on ${this.data}`)),
      accuracyTable(columns, rows, { heat: true })));
    levelHeadings(this.node);
  }
}
