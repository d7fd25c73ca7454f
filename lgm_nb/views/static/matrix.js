// Accuracy of several distilled sets on several backbones, and how it developed.
import { el } from './dom.js';
import { settle, titled } from './page.js';
import { accuracyChart, accuracyTable, baselineKey } from './accuracy.js';
import { Transport } from './transport.js';

/**
 * @typedef {{title: string, note: string, columns: string[], rows: import('./accuracy.js').Row[],
 *   curves: import('./protocol.js').Curve[], steps: number}} MatrixFacts
 */

class MatrixView {
  /** @param {ShadowRoot} root @param {MatrixFacts} facts */
  constructor(root, facts) {
    this.facts = facts;
    this.chosen = facts.columns[0];
    const steps = this.steps = [...new Set(facts.curves.flatMap(c => c.points.map(p => p[0])))].sort((a, b) => a - b);
    this.shown = steps.length - 1;
    this.plot = el('div', { class: 'plot' });
    this.table = el('div');
    this.transport = !steps.length ? null : new Transport({
      label: 'Accuracy up to step', count: () => steps.length, text: i => `step ${steps[i]}`,
      show: i => { this.shown = i; this.draw(); }, milliseconds: 350,
    });
    const body = el('div', { class: 'lgm' }, titled(facts), facts.rows.length || steps.length
      ? el('div', { class: 'stack' }, this.table, this.transport && [this.plot, this.transport.node])
      : el('p', { class: 'empty' }, 'No accuracy yet.'));
    root.append(body);
    this.draw();
    this.unsettle = settle(body, () => this.draw());
  }

  draw() {
    const { facts: { columns, rows, curves, steps }, chosen } = this, upto = this.steps[this.shown];
    const pick = (/** @type {string} */ name) => { this.chosen = name; this.draw(); };
    this.table.replaceChildren(accuracyTable(columns, rows, { heat: true, ...this.transport && { chosen, pick } }));
    if (!this.transport) return;
    const past = curves.map(c => ({ ...c, points: c.points.filter(p => p[0] <= upto) }));
    const chart = accuracyChart({ curves: past, steps, chosen, width: this.plot.clientWidth || 300 });
    this.plot.replaceChildren(chart, baselineKey(past) ?? '');
  }

  off() {
    this.transport?.stop();
    this.unsettle();
  }
}

/** @param {ShadowRoot} root @param {MatrixFacts} facts */
export const matrix = (root, facts) => new MatrixView(root, facts);
