// The closer look at one image.
import { el, colour } from './dom.js';
import { percent } from './format.js';
import { key } from './chart.js';
import { levelHeadings, scrolling } from './page.js';
import { Picture } from './picture.js';
import { copyCanvas, decode, drawTile, loaded, tiles } from './sheet.js';

/** @typedef {import('./protocol.js').Detail} DetailFacts */
/** @typedef {import('./protocol.js').Part} Part */
/** @typedef {import('./evolution.js').RunState} RunState */

/** @param {string} title @param {string} note @param {(Element | Element[])[]} body */
const part = (title, note, ...body) => el('div', { class: 'part' },
  el('h5', {}, title, note ? el('small', {}, note) : null), ...body);

/** @param {Part} facts */
const pictures = ({ title, note, captions, sheet }) =>
  part(title, note, el('div', { class: 'row' }, tiles(loaded(sheet), captions, 56)));

/** @param {string} name @param {number} k colour @param {number} value percent @param {string} others */
const meter = (name, k, value, others) => [el('div', { class: 'meter' },
  el('span', {}, key(k), name),
  el('i', { 'aria-hidden': 'true' }, el('b', { style: { width: `${value}%`, background: colour(k) } })),
  el('span', {}, percent(value))), others ? el('p', { class: 'note taken' }, others) : null];

/** What test images of a class were taken for. @param {number[][]} wrong @param {string[]} classes */
export const takenFor = (wrong, classes) => wrong.length
  ? `taken for ${wrong.map(([c, share]) => `${classes[c]} ${Math.round(share)} %`).join(', ')}` : '';

export class Detail {
  /**
   * @param {import('./film.js').Film} film
   * @param {HTMLCanvasElement[]} canvases of the grid
   * @param {() => void} close called by its button and by Escape
   */
  constructor(film, canvases, close) {
    this.film = film;
    this.canvases = canvases;
    this.close = close;
    this.node = el('section', { class: 'detail', hidden: true, tabindex: -1, on: {
      keydown: (/** @type {KeyboardEvent} */ e) => this.hear(e),
    } });
    this.picture = new Picture(film.side);
    this.drawSharp = () => {}; // the image in full resolution
    /** @type {number | null} */
    this.image = null;
  }

  /** @param {KeyboardEvent} event */
  hear(event) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.close();
  }

  /** Open, close, or follow the frames if no kernel sends the image. @param {RunState} state */
  update({ open, live, width, frame }) {
    this.node.hidden = open === null;
    const opened = open !== this.image;
    this.image = open;
    if (open === null) return;
    if (opened) this.show({ waiting: live, ...this.film.details[open], image: open });
    else if (!live && width) this.follow(open, frame);
  }

  /** @param {number} image @param {import('./protocol.js').Frame | null} frame */
  follow(image, frame) {
    const facts = this.film.details[image];
    if (facts?.big && facts.step === frame?.step) this.drawSharp();
    else copyCanvas(this.canvases[image], this.picture.canvas);
  }

  reveal() {
    this.node.focus({ preventScroll: true });
    this.node.scrollIntoView({ block: 'nearest', behavior: scrolling() });
  }

  /** @param {DetailFacts} facts */
  show(facts) {
    if (facts.image !== this.image) return;
    const scrolled = this.node.scrollTop;
    const root = this.node.getRootNode(), focused = root instanceof ShadowRoot ? root.activeElement : null;
    this.node.replaceChildren(
      this.head(facts),
      el('div', { class: 'cols' }, el('div', {}, this.draw(facts)), el('div', { class: 'grow' },
        this.accuracy(facts.image),
        (facts.parts ?? []).map(pictures),
        facts.waiting ? el('p', { class: 'empty' }, 'Waiting for the kernel …') : null)));
    levelHeadings(this.node);
    if (focused instanceof HTMLElement && this.node.contains(focused)) focused.focus({ preventScroll: true });
    this.node.scrollTop = scrolled;
  }

  /** @param {DetailFacts} facts */
  head({ image, step }) {
    return el('div', { class: 'head' },
      el('h4', {}, this.film.names[image], el('small', {}, step === undefined ? '' : `step ${step}`)),
      el('button', {
        type: 'button', class: 'close', 'aria-label': 'Close details', on: { click: this.close },
      }, '×'));
  }

  /** @param {DetailFacts} facts */
  draw({ image, big }) {
    const { canvas, node } = this.picture;
    this.picture.title(this.film.names[image]);
    if (big) {
      const sheet = loaded(big);
      this.drawSharp = () => { decode(sheet).then(bitmap => drawTile(canvas, bitmap, sheet, 0)); };
      this.drawSharp();
    } else {
      if (canvas.width !== this.film.side) canvas.width = canvas.height = this.film.side;
      copyCanvas(this.canvases[image], canvas);
    }
    return node;
  }

  /** @param {number} image */
  accuracy(image) {
    const label = this.film.labels[image];
    const measured = this.film.curves.map((curve, k) => ({ ...curve, k, value: curve.classes?.[label] }))
      .filter(({ value }) => value !== undefined);
    const last = measured[0]?.points.at(-1);
    const meters = measured.flatMap(({ name, k, value, mistaken }) =>
      meter(name, k, /** @type {number} */ (value), takenFor(mistaken?.[label] ?? [], this.film.classes)));
    return part('Test accuracy of this class', last ? `step ${last[0]}` : '',
      meters.length ? meters : el('p', { class: 'empty' }, 'Not measured yet.'));
  }
}
