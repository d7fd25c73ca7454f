// A glance at the class that is pointed at: its nearest real images, and what its test images are taken for.
import { el, keepFocus } from './dom.js';
import { classesAt } from './past.js';
import { explained } from './help.js';
import { levelHeadings } from './page.js';
import { loaded, tiles } from './sheet.js';

/** @typedef {import('./protocol.js').Curve} Curve */
/** @typedef {import('./protocol.js').Near} Near */
/** @typedef {import('./protocol.js').RunState} RunState */
/** @typedef {import('./plane.js').Lit} Lit */

const REST = 150; // milliseconds that a pointer rests before the kernel is asked
const INVITES = 'Point at an image: its nearest photographs, and what its class is taken for. A click keeps it open.';

/**
 * The answers of a probe to the test images of a class: its own class first, then the most frequent wrong ones.
 * @param {Curve} curve
 * @param {number} label
 * @returns {number[][]} [class, percent]; none if nothing has been measured
 */
export function answersTo(curve, label) {
  const { values } = classesAt(curve, null);
  return values[label] === undefined ? [] : [[label, values[label]], ...curve.mistaken?.[label] ?? []];
}

/** The row of nearest real images in a closer look. @param {import('./protocol.js').Part[]} [parts] */
export const nearestIn = (parts = []) => parts.find(({ title }) => title.startsWith('Nearest'));

/** @param {string} title @param {string} term @param {string} note @param {Element | Element[] | string} body */
const strip = (title, term, note, body) => el('div', {}, el('h5', {}, explained(term, title), el('small', {}, note)),
  typeof body === 'string' ? el('p', { class: 'note' }, body) : body);

export class Peek {
  /**
   * @param {import('./film.js').Film} film
   * @param {((image: number) => void) | null} ask asks the kernel for the nearest real images
   */
  constructor(film, ask) {
    this.film = film;
    this.ask = ask;
    this.node = el('section', { class: 'peek', 'aria-label': 'The class that is pointed at', hidden: true });
    /** @type {Map<number, Near>} */
    this.near = new Map();
    for (const { image, step = 0, parts } of film.details) {
      this.near.set(image, { step, part: nearestIn(parts) ?? null });
    }
    /** @type {number | null} */
    this.image = null;
    /** @type {RunState | null} */
    this.state = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.drawn = '';
    this.renewed = ''; // image and step that were asked for at the end
  }

  /** @param {Lit | null} lit what is pointed at, an image or a class; null: no longer */
  point(lit) {
    if (!lit) return; // the last one stays, so that its terms and pictures can be reached
    clearTimeout(this.timer);
    this.image = lit.image ?? this.film.labels.indexOf(lit.label);
    this.draw();
    const { image, ask, state } = this;
    if (image === null || image < 0 || !ask || state?.open !== null) return;
    if (this.near.get(image)?.step !== (state.status?.step ?? 0)) this.timer = setTimeout(() => ask(image), REST);
  }

  /** @param {RunState} state */
  update(state) {
    this.state = state;
    this.node.hidden = state.open !== null || !state.film.frames.length;
    this.draw();
    this.renew(state);
  }

  /** After the run has ended, ask once for the neighbours of the last image. @param {RunState} state */
  renew({ status }) {
    const { image, ask } = this, now = `${image} ${status?.step}`;
    if (image === null || !ask || this.node.hidden || !['finished', 'stopped'].includes(status?.state ?? '')) return;
    if (this.near.get(image)?.step === status?.step || now === this.renewed) return;
    this.renewed = now;
    ask(image);
  }

  /** The kernel has answered. @param {number} image @param {Near} near */
  receive(image, near) {
    this.near.set(image, near);
    this.draw();
  }

  draw() {
    const { image, film, state } = this, curve = film.curves.find(c => c.name === state?.chosen) ?? film.curves[0];
    if (!state || this.node.hidden) return;
    const near = image === null ? undefined : this.near.get(image);
    const now = [image, near?.step, !!near?.part, curve?.name, curve?.points.length].join();
    if (now === this.drawn) return;
    this.drawn = now;
    if (image === null || image < 0) return this.node.replaceChildren(el('p', { class: 'note' }, INVITES));
    const answers = curve ? answersTo(curve, film.labels[image]) : [], last = curve?.points.at(-1)?.[0];
    keepFocus(this.node, () => this.node.replaceChildren(
      el('h4', {}, film.names[image]), this.nearest(near),
      strip('Taken for', 'taken', answers.length ? `test images, ${curve.name}, step ${last}` : '',
        answers.length ? this.heat(answers) : 'Not measured yet.')));
    levelHeadings(this.node);
  }

  /** @param {Near | undefined} near */
  nearest(near) {
    const waiting = this.ask ? 'Asking the kernel …' : 'Not part of this page.';
    if (!near?.part) return strip('Nearest real images', 'nearest', '', near ? 'Not embedded yet.' : waiting);
    const { title, note, captions, sheet } = near.part;
    return strip(title, 'nearest', `${note}, step ${near.step}`,
      el('div', { class: 'row' }, tiles(loaded(sheet), captions, 44)));
  }

  /** @param {number[][]} answers */
  heat(answers) {
    return el('div', { class: 'answers' }, answers.map(([label, share], i) => el('span', {
      class: i ? 'heat' : 'heat own', style: { '--heat': `${Math.round(0.62 * share)}%` },
    }, `${this.film.classes[label]} ${Math.round(share)}\u00a0%`)));
  }

  off() {
    clearTimeout(this.timer);
  }
}
