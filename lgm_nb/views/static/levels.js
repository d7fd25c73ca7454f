// The levels of a pyramid: each alone, and the sum so far.
import { el, rendering } from './dom.js';
import { settle, titled } from './page.js';
import { drawOnce, drawTile, loaded } from './sheet.js';
import { Transport } from './transport.js';

/** @typedef {import('./protocol.js').Sheet} Sheet */
/** @typedef {{title: string, note: string, names: string[], sizes: number[], sheet: Sheet}} LevelsFacts */

class LevelsView {
  /** @param {ShadowRoot} root @param {LevelsFacts} facts */
  constructor(root, facts) {
    this.facts = facts;
    this.sheet = loaded(facts.sheet);
    this.count = facts.sizes.length;
    this.image = 0;
    this.upto = this.count - 1;
    this.rungs = facts.sizes.map((size, l) => this.rung(size, l));
    this.transport = new Transport({
      label: 'Levels added', count: () => this.count, text: i => `${i + 1} of ${this.count} levels`,
      show: i => { this.upto = i; this.draw(); }, milliseconds: 700,
    });
    const lead = el('div', { class: 'rung lead' },
      el('b', {}, 'level'), el('span', {}, 'alone'), el('span'), el('span', {}, 'sum so far'));
    const body = el('div', { class: 'lgm' },
      titled(facts, facts.names.length > 1 ? this.chooser() : null),
      el('div', { class: 'scroll' }, el('div', { class: 'ladder' }, lead, this.rungs.map(rung => rung.node))),
      this.transport.node);
    root.append(body);
    this.draw();
    this.unsettle = settle(body);
  }

  chooser() {
    const choose = el('select', { 'aria-label': 'Image', on: {
      change: () => { this.image = +choose.value; this.draw(); },
    } }, this.facts.names.map((name, i) => el('option', { value: i }, name)));
    return el('label', { class: 'pick' }, choose);
  }

  /** @param {number} size @param {number} l level */
  rung(size, l) {
    const { side } = this.sheet;
    const [alone, sum] = [0, 1].map(() => el('canvas', {
      width: side, height: side, role: 'img', style: { '--rendering': rendering(side) },
    }));
    const arrow = el('span', { 'aria-hidden': 'true' }, l ? '+ ↓' : '↓');
    return { size, alone, sum, node: el('div', { class: 'rung' }, el('b', {}, `${size} px`), alone, arrow, sum) };
  }

  draw() {
    return drawOnce(this.sheet, bitmap => this.paint(bitmap));
  }

  /** @param {ImageBitmap} bitmap */
  paint(bitmap) {
    const { sheet, count } = this, name = this.facts.names[this.image];
    const first = this.image * 2 * count;
    this.rungs.forEach(({ size, alone, sum, node }, l) => {
      drawTile(alone, bitmap, sheet, first + l);
      drawTile(sum, bitmap, sheet, first + count + l);
      alone.setAttribute('aria-label', `${name}: the ${size} px level alone`);
      sum.setAttribute('aria-label', `${name}: all levels up to ${size} px`);
      node.classList.toggle('off', l > this.upto);
    });
  }

  off() {
    this.transport.stop();
    this.unsettle();
  }
}

/** @param {ShadowRoot} root @param {LevelsFacts} facts */
export const levels = (root, facts) => new LevelsView(root, facts);
