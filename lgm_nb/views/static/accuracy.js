// Accuracies: their table and their chart.
import { el } from './dom.js';
import { dashKey, hollowKey, key, lineChart } from './chart.js';
import { explained } from './help.js';
import { pointAt } from './past.js';

/** @typedef {import('./protocol.js').Curve} Curve */
/**
 * @typedef {object} Row a training set
 * @property {string} kind 'distilled' or 'baseline'
 * @property {string} name
 * @property {Record<string, number[] | undefined>} cells [mean, std] of each backbone
 * @property {string} [help] a term of help.js
 * @property {Record<string, string>} [notes] what is said beside a cell, by backbone
 * @property {string | string[]} [own] the backbone that distilled it, or several
 * @property {string[]} [marked] backbones on which distilled images are not above it
 */
/**
 * @typedef {object} TableOptions
 * @property {(name: string) => void} [pick] called when a backbone is chosen
 * @property {string} [chosen] name of a backbone
 * @property {boolean} [heat] colour cells by their value
 */

const BASELINES = ['random', 'centroid', 'neighbour', 'full'];
/** @type {Record<string, string>} */
const NAMES = {
  random: 'random real', centroid: 'centroid real', neighbour: 'neighbour real', full: 'all real images',
};

/** The axis ends at a round number. @param {number} top */
const roundTop = top => [10, 20, 30, 40, 50, 60, 80, 100].find(v => v >= top) || 100;

const corner = () => el('th', { scope: 'col' }, explained('accuracy', 'top-1, %'));

/**
 * Rows of training sets, columns of backbones.
 * @param {string[]} columns
 * @param {Row[]} rows
 * @param {TableOptions} [options]
 */
export function accuracyTable(columns, rows, options = {}) {
  return el('div', { class: 'scroll' }, el('table', {},
    el('thead', {}, el('tr', {}, corner(), columns.map((c, k) => header(c, k, options)))),
    el('tbody', {}, rows.map(row => el('tr', { class: row.kind },
      el('th', { scope: 'row' }, explained(row.help ?? '', row.name)), columns.map(c => cell(row, c, options)))))));
}

/**
 * Rows of backbones, columns of training sets: the names of backbones are longer, and stay on one line.
 * @param {string[]} backbones
 * @param {Row[]} sets
 * @param {TableOptions} options
 */
export function runTable(backbones, sets, options) {
  return el('div', { class: 'scroll' }, el('table', { class: 'run' },
    el('thead', {}, el('tr', {}, corner(),
      sets.map(({ kind, name, help = '' }) => el('th', { scope: 'col', class: kind }, explained(help, name))))),
    el('tbody', {}, backbones.map((b, k) => el('tr', {},
      header(b, k, options, 'row'), sets.map(row => cell(row, b, options)))))));
}

/**
 * The name of a backbone, a button if one can be chosen.
 * @param {string} name
 * @param {number} k
 * @param {TableOptions} options
 * @param {'col' | 'row'} [scope]
 */
function header(name, k, { pick, chosen }, scope = 'col') {
  if (!pick) return el('th', { scope }, name);
  return el('th', { scope }, el('button', {
    type: 'button', class: 'column', 'aria-pressed': `${name === chosen}`, title: 'Draw its baselines across the chart',
    on: { click: () => pick(name) },
  }, key(k), name));
}

/** @param {Row} row @param {string} column @param {TableOptions} options */
function cell(row, column, { heat }) {
  const score = row.cells[column];
  const props = {
    class: [row.kind, heat ? 'heat' : '', [row.own].flat().includes(column) ? 'own' : ''].join(' '),
    style: heat && score ? { '--heat': `${Math.round(0.55 * score[0])}%` } : {},
  };
  if (!score) return el('td', props, '–');
  const beside = besideText(row, column);
  return el('td', props, score[0].toFixed(1), beside ? el('small', {}, beside) : null);
}

/**
 * What is said beside an accuracy, after a blank: its spread, a mark, its step; '' if there is nothing to say.
 * @param {Row} row
 * @param {string} column
 */
export function besideText({ cells, marked, notes }, column) {
  const std = cells[column]?.[1], mark = marked?.includes(column) ? '*' : '';
  const spread = [std ? `± ${std.toFixed(1)}` : '', mark].filter(Boolean).join(' ');
  return [spread, notes?.[column]].filter(Boolean).join(', ').replace(/^(?=.)/, ' ');
}

/**
 * The accuracy of a run at a step, and the baselines that have been measured.
 * @param {Curve[]} curves
 * @param {number | null} [cursor] null for the latest
 * @returns {Row[]}
 */
export function runRows(curves, cursor = null) {
  const shown = curves.map(c => pointAt(c, cursor)), last = shown.every((p, i) => p === curves[i].points.at(-1));
  const steps = [...new Set(shown.flatMap(p => p ? [p[0]] : []))];
  const several = cursor === null ? 'latest' : `up to step\u00a0${cursor}`;
  const when = steps.length === 1 ? `step\u00a0${steps[0]}` : several;
  const cells = Object.fromEntries(curves.map((c, i) => [c.name, shown[i]?.slice(1)]));
  const notes = cursor === null || steps.length < 2 ? {}
    : Object.fromEntries(curves.map((c, i) => [c.name, shown[i] ? `step\u00a0${shown[i][0]}` : '']));
  const baselines = BASELINES.filter(b => curves.some(c => c.baselines?.[b]));
  return [
    { kind: 'distilled', name: `distilled, ${when}`, help: 'distilled', cells, notes },
    ...baselines.map(b => ({
      kind: 'baseline', name: NAMES[b], help: b, cells: Object.fromEntries(curves.map(c => [c.name, c.baselines?.[b]])),
      marked: curves.filter(c => last && c.unbeaten?.includes(b)).map(c => c.name),
    })),
  ];
}

/**
 * The last images with probes that were trained for long, as a check of those in closed form; null before that.
 * @param {Curve[]} curves
 */
export function checkNote(curves) {
  const all = curves.flatMap(({ name, check }, k) => check ? [{ name, k, text: checkText(check) }] : []);
  return !all.length ? null : el('p', { class: 'note dashes' }, 'Check, 1,000 epochs: ',
    all.map(({ name, k, text }) => el('span', { class: 'dash', title: name }, hollowKey(k, name), text)));
}

/** @param {number[]} check */
const checkText = ([mean, std]) => `${mean.toFixed(1)} ± ${std.toFixed(1)}`;

/**
 * What the dashed lines are: the backbones that have some, in their colours; null if there are none.
 * @param {Curve[]} curves
 */
export function baselineKey(curves) {
  const all = baselines(curves);
  return !all.length ? null : el('p', { class: 'note dashes' }, 'Probes trained on real images: ',
    all.map(({ k }) => el('span', { class: 'dash' }, dashKey(k), curves[k].name)));
}

/**
 * The baselines of each backbone that has some, as reference lines of a chart.
 * @param {Curve[]} curves
 */
export function baselines(curves) {
  const all = curves.map(({ name, baselines: own = {} }, k) => ({ k, rules: BASELINES.filter(b => own[b]).map(b => (
    { y: own[b][0], text: b, kind: b, tip: `${name}, ${NAMES[b]}: ${own[b][0].toFixed(1)} %` })) }));
  return all.filter(({ rules }) => rules.length);
}

/** @param {Curve} curve */
function checkMark({ name, check }) {
  if (!check) return undefined;
  const [y, spread] = check;
  return { y, spread, tip: `${name}, probes of 1,000 epochs: ${checkText(check)}` };
}

/** @param {Curve} curve */
const lastPoint = ({ name, points }) => {
  const last = points.at(-1);
  return last ? `${name} ${last[1].toFixed(1)} %` : `${name} not measured yet`;
};

/**
 * The accuracy of each probed backbone over the steps. The baselines of the chosen one cross the chart, those of the
 * others stand beside it.
 * @param {object} options
 * @param {Curve[]} options.curves
 * @param {number} options.steps
 * @param {number} options.width
 * @param {string} [options.chosen] name of a backbone
 * @param {number | null} [options.cursor]
 */
export function accuracyChart({ curves, steps, width, chosen, cursor = null }) {
  const all = baselines(curves), first = Math.max(0, curves.findIndex(c => c.name === chosen));
  const values = all.flatMap(({ rules }) => rules.map(r => r.y));
  const measured = curves.flatMap(c => [...c.points, ...c.check ? [[0, ...c.check]] : []].map(p => p[1] + (p[2] ?? 0)));
  const highest = Math.max(10, ...values, ...measured);
  return lineChart({
    width, height: 190, xmax: steps, ymax: roundTop(1.08 * highest), cursor,
    across: all.find(({ k }) => k === first), beside: all.filter(({ k }) => k !== first),
    lines: curves.map((c, k) => ({ k, points: c.points, marks: true, check: checkMark(c) })),
    label: `Test accuracy by step: ${curves.map(lastPoint).join(', ')}`,
  });
}
