// The closer look at one image.
import { el, say, colour, keepFocus } from './dom.js';
import { classesAt } from './past.js';
import { percent } from './format.js';
import { explained } from './help.js';
import { nearestIn } from './peek.js';
import { key } from './chart.js';
import { levelHeadings, scrolling } from './page.js';
import { Picture } from './picture.js';
import { copyCanvas, drawOnce, drawTile, loaded, tiles } from './sheet.js';

/** @typedef {import('./protocol.js').Detail} DetailFacts */
/** @typedef {import('./protocol.js').Part} Part */
/** @typedef {import('./evolution.js').RunState} RunState */

const SPARED = 30; // pixels below the closer look, where a notebook may have a bar

/** @param {string} title @param {string} term of help.js @param {Element} note @param {(Element | Element[])[]} body */
const part = (title, term, note, ...body) => el('div', { class: 'part' },
  el('h5', {}, explained(term, title), note), ...body);

/** @param {Part} facts @param {Element} note */
const pictures = ({ title, captions, sheet }, note) => part(title, title.startsWith('Nearest') ? 'nearest' : 'levels',
  note, el('div', { class: 'row' }, tiles(loaded(sheet), captions, 56)));

/** @param {string} name @param {number} k colour @param {number} value percent @param {string} others */
const meter = (name, k, value, others) => [el('div', { class: 'meter' },
  el('span', {}, key(k), name),
  el('i', { 'aria-hidden': 'true' }, el('b', { style: { width: `${value}%`, background: colour(k) } })),
  el('span', {}, percent(value))), ...others ? [el('p', { class: 'note taken' }, others)] : []];

/** What test images of a class were taken for. @param {number[][]} wrong @param {string[]} classes */
export const takenFor = (wrong, classes) => wrong.length
  ? `taken for ${wrong.slice(0, 3).map(([c, share]) => `${classes[c]} ${Math.round(share)}\u00a0%`).join(', ')}` : '';

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
    this.when = el('small'); // step of the picture
    this.cols = el('div', { class: 'cols', on: { scroll: () => this.hint() } });
    this.below = el('button', {
      type: 'button', class: 'text below', on: { click: () => this.scrollOn() },
    }, 'More below ↓');
    this.sized = new ResizeObserver(() => this.hint());
    this.sized.observe(this.cols);
    this.measured = el('div'); // accuracy of the class
    this.told = ''; // what that was made from
    /** @type {(() => void)[]} */
    this.dates = []; // say of which step the parts are
    /** @type {DetailFacts | null} */
    this.facts = null;
    /** @type {import('./protocol.js').Sheet | null} */
    this.sharp = null; // the image of these facts in full resolution
    this.drawn = {};
    /** @type {RunState | null} */
    this.state = null;
    /** @type {number | null} */
    this.image = null;
    /** @type {number | undefined} */
    this.step = undefined; // that is shown
  }

  /** @param {KeyboardEvent} event */
  hear(event) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.close();
  }

  /** Open, close, or follow the slider. @param {RunState} state */
  update(state) {
    const { open, live } = this.state = state, opened = open !== this.image;
    this.node.hidden = open === null;
    this.image = open;
    if (open === null) return;
    if (opened) this.show({ waiting: live, ...this.film.details[open], image: open });
    else if (state.width) this.follow(state);
  }

  /** As high as there is room for: if the page scrolled, the pointer would be at another image. */
  reveal() {
    const room = innerHeight - this.node.getBoundingClientRect().top - SPARED;
    this.node.style.setProperty('--room', `${Math.round(room)}px`);
    this.node.focus({ preventScroll: true });
    this.node.scrollIntoView({ block: 'nearest', behavior: scrolling() });
  }

  /** @param {DetailFacts} facts */
  show(facts) {
    const { state, image, film } = this;
    if (facts.image !== image || !state) return;
    const scrolled = this.cols.scrollTop;
    this.facts = facts;
    this.sharp = facts.big ? loaded(facts.big) : null;
    this.dates = [];
    this.picture.title(film.names[image]);
    keepFocus(this.node, () => this.layOut(facts));
    this.follow(state);
    levelHeadings(this.node);
    this.cols.scrollTop = scrolled;
  }

  /** @param {DetailFacts} facts */
  layOut({ image, parts = [], waiting }) {
    const nearest = nearestIn(parts);
    this.cols.replaceChildren(el('div', {}, this.picture.node), el('div', { class: 'grow' },
      nearest ? this.dated(nearest) : null, this.measured,
      parts.filter(p => p !== nearest).map(p => this.dated(p)),
      waiting ? el('p', { class: 'empty' }, 'Waiting for the kernel …') : null));
    this.node.replaceChildren(this.head(image), this.cols, this.below);
  }

  /** A part, which says its step where that is not the step of the picture. @param {Part} facts */
  dated(facts) {
    const note = el('small'), step = this.facts?.step;
    this.dates.push(() => say(note, [facts.note, step !== undefined && step !== this.step && `at step ${step}`]
      .filter(Boolean).join(', ')));
    return pictures(facts, note);
  }

  /** Show the step of the slider. @param {RunState} state */
  follow({ frame, level, following, cursor }) {
    const { facts, sharp } = this;
    if (!facts) return;
    const whole = !(level && following), own = !frame || facts.step === frame.step || !whole; // the grid has one level
    this.step = sharp && own ? facts.step : frame?.step;
    say(this.when, this.step === undefined ? '' : `step ${this.step}`);
    this.draw(facts.image, own ? sharp : null);
    for (const date of this.dates) date();
    this.accuracy(facts.image, cursor);
    this.hint();
  }

  /** Say whether something is hidden below. */
  hint() {
    const { scrollTop, clientHeight, scrollHeight } = this.cols;
    this.node.classList.toggle('hides', scrollHeight - scrollTop - clientHeight > 8);
  }

  scrollOn() {
    this.cols.scrollBy({ top: this.cols.clientHeight - 60, behavior: scrolling() });
  }

  off() {
    this.sized.disconnect();
  }

  /** @param {number} image */
  head(image) {
    return el('div', { class: 'head' },
      el('h4', {}, this.film.names[image], this.when),
      el('button', {
        type: 'button', class: 'close', 'aria-label': 'Close details', on: { click: this.close },
      }, '×'));
  }

  /** @param {number} image @param {import('./protocol.js').Sheet | null} sharp null for the image of the grid */
  draw(image, sharp) {
    const { canvas } = this.picture, drawn = this.drawn = {};
    if (sharp) return drawOnce(sharp, bitmap => { if (drawn === this.drawn) drawTile(canvas, bitmap, sharp, 0); });
    if (canvas.width !== this.film.side) canvas.width = canvas.height = this.film.side;
    copyCanvas(this.canvases[image], canvas);
  }

  /** @param {number} image @param {number | null} cursor step, null for the latest */
  accuracy(image, cursor) {
    const { film } = this, label = film.labels[image];
    const all = film.curves.map((curve, k) => ({ ...curve, k, at: classesAt(curve, cursor) }))
      .filter(({ at }) => at.values[label] !== undefined);
    const steps = [...new Set(all.map(({ at }) => at.step))];
    const meters = all.flatMap(({ name, k, at, mistaken }) =>
      meter(name, k, at.values[label], at.latest ? takenFor(mistaken?.[label] ?? [], film.classes) : ''));
    const now = JSON.stringify([image, cursor === null, all.map(({ k, at }) => [k, at.step, at.latest])]);
    if (now === this.told) return;
    this.told = now;
    keepFocus(this.measured, () => this.measured.replaceChildren(part('Test accuracy of this class', 'accuracy',
      el('small', {}, steps.length ? `${steps.length > 1 ? 'up to ' : ''}step ${Math.max(...steps)}` : ''),
      ...meters.length ? meters : [el('p', { class: 'empty' }, 'Not measured yet.')])));
    levelHeadings(this.measured);
  }
}
