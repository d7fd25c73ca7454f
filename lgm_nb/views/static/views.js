// What the augmenter does to one image: where each view was cut, and what the backbone sees.
import { el, svg, colour, rendering } from './dom.js';
import { settle, titled } from './page.js';
import { ASK } from './protocol.js';
import { drawOnce, drawTile, loaded, tiles } from './sheet.js';
import { Transport } from './transport.js';

/** @typedef {import('./protocol.js').Draw} Draw */
/** @typedef {import('./protocol.js').Link} Link */
/** @typedef {{title: string, note: string, original: import('./protocol.js').Sheet, draws: Draw[]}} ViewsFacts */

const SIZE = '168px'; // of the image

/** @param {number[]} box percent @param {number} i */
const outline = ([x, y, width, height], i) => svg('g', {},
  svg('rect', { x, y, width, height, fill: 'none', stroke: colour(i), 'stroke-width': 1.6 }),
  svg('text', { x: x + 2, y: y + 8, fill: colour(i), class: 'tag' }, `${i + 1}`));

class ViewsView {
  /** @param {ShadowRoot} root @param {ViewsFacts} facts @param {Link | null} link */
  constructor(root, facts, link) {
    this.draws = facts.draws;
    this.link = link;
    this.at = facts.draws.length - 1;
    this.frames = svg('svg', { viewBox: '0 0 100 100', 'aria-hidden': 'true' });
    this.row = el('div', { class: 'row views' });
    this.seed = el('input', {
      type: 'number', step: 1, 'aria-label': 'Seed of the draw', on: { change: () => this.ask() },
    });
    this.transport = new Transport({
      label: 'Draw', count: () => this.draws.length, text: i => `seed ${this.draws[i].seed}`,
      show: i => { this.at = i; this.draw(); }, milliseconds: 900,
    });
    const whole = el('div', { class: 'whole', style: { width: SIZE, height: SIZE } }, this.picture(facts), this.frames);
    const body = el('div', { class: 'lgm' },
      titled(facts, link && this.chooser()), el('div', { class: 'cut' }, whole, this.row), this.transport.node);
    root.append(body);
    this.draw();
    this.unsettle = settle(body);
  }

  /** @param {ViewsFacts} facts */
  picture(facts) {
    const sheet = loaded(facts.original);
    const canvas = el('canvas', {
      role: 'img', 'aria-label': 'The image', style: { '--rendering': rendering(sheet.side) },
    });
    drawOnce(sheet, bitmap => drawTile(canvas, bitmap, sheet, 0));
    return canvas;
  }

  chooser() {
    const next = el('button', { type: 'button', class: 'text', on: {
      click: () => this.link?.ask({ ask: ASK.DRAW, seed: this.draws[this.at].seed + 1 }),
    } }, 'Next seed');
    return el('label', { class: 'pick' }, 'Seed ', this.seed, next);
  }

  ask() {
    const { value } = this.seed;
    if (value !== '' && Number.isSafeInteger(+value)) this.link?.ask({ ask: ASK.DRAW, seed: +value });
  }

  draw() {
    const { seed, boxes, sheet, captions } = this.draws[this.at];
    this.seed.value = `${seed}`;
    this.frames.replaceChildren(...boxes.map(outline));
    const figures = tiles(loaded(sheet), captions, 72);
    figures.forEach((figure, i) => figure.style.setProperty('--edge', colour(i)));
    this.row.replaceChildren(...figures);
  }

  /** Add a draw, or replace that of the same seed, and show it. @param {Draw} draw */
  add(draw) {
    const i = this.draws.findIndex(d => d.seed === draw.seed);
    if (i < 0) this.draws.push(draw);
    else this.draws[i] = draw;
    this.transport.update();
    this.transport.go(i < 0 ? this.draws.length - 1 : i);
  }

  off() {
    this.transport.stop();
    this.unsettle();
  }
}

/** @param {ShadowRoot} root @param {ViewsFacts} facts @param {Link | null} link */
export const views = (root, facts, link = null) => new ViewsView(root, facts, link);
