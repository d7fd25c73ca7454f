// The charts of a run: accuracy and meta-loss.
import { el, keepFocus } from './dom.js';
import { lineChart } from './chart.js';
import { nextFrame } from './page.js';
import { accuracyChart, baselineKey, checkNote, runRows, runTable } from './accuracy.js';
import { pointAt } from './past.js';
import { explained } from './help.js';

/** @typedef {import('./evolution.js').RunState} RunState */
/** @typedef {import('./film.js').Film} Film */

const POINTS = 400; // drawn of the loss, at most

/** @param {Film} film @param {number} width @param {number | null} cursor */
function lossChart({ loss, steps, grown }, width, cursor) {
  const told = loss.filter(([, value]) => Number.isFinite(value)), last = told.at(-1);
  const every = Math.max(1, Math.ceil(told.length / POINTS));
  const points = told.filter((_, i) => i % every === 0 || i === told.length - 1);
  const top = told.reduce((highest, [, value]) => Math.max(highest, value), 0) || 1;
  return lineChart({
    width, height: 96, xmax: steps, ymax: top * 1.05, lines: [{ k: 1, points }], grown, cursor,
    label: last ? `Meta-loss: ${last[1].toFixed(3)} at step ${last[0]}` : 'Meta-loss: no step yet',
  });
}

/**
 * @param {string} title
 * @param {string} term of help.js
 * @param {string} note
 * @param {HTMLElement[]} body
 */
const card = (title, term, note, ...body) => el('section', { class: 'card' },
  el('h4', {}, explained(term, title), note ? el('small', {}, note) : null), body);

export class Charts {
  /**
   * @param {Film} film
   * @param {boolean} live
   * @param {(name: string) => void} pick called when a backbone is chosen
   */
  constructor(film, live, pick) {
    this.pick = pick;
    this.accuracy = el('div', { class: 'plot' });
    this.dashes = el('div');
    this.table = el('div');
    this.loss = el('div', { class: 'plot' });
    const any = film.curves.length || film.loss.length || live;
    this.node = !any ? null : el('div', { class: 'right' },
      film.curves.length || live
        ? card('Test accuracy', 'accuracy', 'of a linear probe on real images',
          this.accuracy, this.dashes, this.table) : null,
      card('Meta-loss', 'loss', film.grown.length || live ? 'dotted: a new level' : '', this.loss));
    this.update = nextFrame((/** @type {RunState} */ state) => this.draw(state));
    /** @type {any[]} */
    this.shown = []; // what the table was made from
  }

  /** @param {RunState} state */
  draw(state) {
    const { film, chosen, cursor } = state, { curves, steps } = film;
    this.accuracy.replaceChildren(curves.length
      ? accuracyChart({ curves, steps, chosen, cursor, width: this.accuracy.clientWidth || 300 })
      : el('p', { class: 'empty' }, 'No backbone is probed.'));
    this.loss.replaceChildren(lossChart(film, this.loss.clientWidth || 300, cursor));
    const now = [curves, chosen, curves.map(c => pointAt(c, cursor)?.[0]).join()];
    if (now.some((value, i) => value !== this.shown[i])) this.drawTable(state, now);
  }

  /** @param {RunState} state @param {any[]} now what the table is made from */
  drawTable({ film: { curves, protocol, caution }, chosen, cursor }, now) {
    this.shown = now;
    this.dashes.replaceChildren(baselineKey(curves) ?? '');
    if (!curves.length) return this.table.replaceChildren();
    keepFocus(this.table, () => this.table.replaceChildren(
      runTable(curves.map(c => c.name), runRows(curves, cursor), { chosen, pick: this.pick }), checkNote(curves) ?? '',
      el('p', { class: 'note' }, protocol), el('p', { class: 'note caution' },
        curves.every(c => pointAt(c, cursor) === c.points.at(-1)) ? caution : '')));
  }
}
