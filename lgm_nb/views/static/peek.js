// A glance at the class that is pointed at: its nearest real images, and what its test images are taken for. It begins
// with the first image, so that no corner is empty until something is pointed at.
import { el, keepFocus } from './dom.js';
import { classesAt } from './past.js';
import { explained } from './help.js';
import { isNarrow, levelHeadings } from './page.js';
import { loaded, tiles } from './sheet.js';

/** @typedef {import('./protocol.js').Curve} Curve */
/** @typedef {import('./protocol.js').Near} Near */
/** @typedef {import('./protocol.js').RunState} RunState */
/** @typedef {import('./plane.js').Lit} Lit */

const REST = 150; // milliseconds that a pointer rests before the kernel is asked
const TIMES = 20; // that the kernel is asked in a run for what nobody points at
const INVITES = 'Point at an image: its nearest photographs, and what its class is taken for. A click keeps it open.';
const OFFERS = 'The first image. Point at another one; a click keeps it open.';

/**
 * The answers of a probe to the test images of a class: its own class first, then the most frequent wrong ones, which
 * are known of the latest measurement only.
 * @param {Curve} curve
 * @param {number} label
 * @param {number | null} cursor step, null for the latest
 * @returns {number[][]} [class, percent]; none if nothing has been measured
 */
export function answersTo(curve, label, cursor) {
  const { values, latest } = classesAt(curve, cursor), wrong = latest ? curve.mistaken?.[label] ?? [] : [];
  return values[label] === undefined ? [] : [[label, values[label]], ...wrong];
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
    this.node = el('section', { class: 'peek', 'aria-label': 'A class at a glance', hidden: true });
    /** @type {Map<number, Near>} */
    this.near = new Map();
    for (const { image, step = 0, parts } of film.details) {
      this.near.set(image, { step, part: nearestIn(parts) ?? null });
    }
    this.offered = film.details.length > 0 || !!ask; // the first image, before anything is pointed at
    this.asked = -Infinity; // step at which the kernel was asked for it
    /** @type {number | null} */
    this.image = this.offered ? 0 : null;
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
    this.offered = false;
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
    this.follow(state);
    this.renew(state);
  }

  /** While a run goes on, ask now and then for the neighbours of the first image. @param {RunState} state */
  follow({ film, status, width }) {
    const { offered, ask, asked, node } = this, step = status?.step ?? 0;
    if (!offered || !ask || node.hidden || isNarrow(width) || status?.state !== 'running') return;
    if (!film.curves.some(({ points }) => points.length) || step < asked + film.steps / TIMES) return;
    this.asked = step;
    ask(0);
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
    const { film, state } = this, curve = film.curves.find(c => c.name === state?.chosen) ?? film.curves[0];
    if (!state || this.node.hidden) return;
    const image = this.offered && isNarrow(state.width) ? null : this.image; // one column has no empty corner
    const near = image === null ? undefined : this.near.get(image), at = curve && classesAt(curve, state.cursor);
    const { name, points } = curve ?? {};
    const now = [image, this.offered, near?.step, !!near?.part, name, points?.length, at?.step, at?.latest].join();
    if (now === this.drawn) return;
    this.drawn = now;
    if (image === null || image < 0) return this.node.replaceChildren(el('p', { class: 'note' }, INVITES));
    keepFocus(this.node, () => this.node.replaceChildren(
      el('h4', {}, film.names[image]), this.nearest(near), this.taken(film.labels[image], state.cursor, curve),
      this.offered ? el('p', { class: 'note' }, OFFERS) : ''));
    levelHeadings(this.node);
  }

  /** @param {number} label @param {number | null} cursor @param {Curve | undefined} curve */
  taken(label, cursor, curve) {
    const answers = curve ? answersTo(curve, label, cursor) : [];
    if (!curve || !answers.length) return strip('Taken for', 'taken', '', 'Not measured yet.');
    const { step, latest } = classesAt(curve, cursor);
    return strip('Taken for', 'taken', `test images, ${curve.name}, at step ${step}`, this.heat(answers,
      latest || !curve.mistaken?.[label]?.length ? '' : `others: known at step ${curve.points.at(-1)?.[0]}`));
  }

  /** @param {Near | undefined} near */
  nearest(near) {
    const waiting = this.ask ? 'Asking the kernel …' : 'Not part of this page.', early = near ?? this.offered;
    if (!near?.part) return strip('Nearest real images', 'nearest', '', early ? 'Not embedded yet.' : waiting);
    const { title, note, captions, sheet } = near.part;
    return strip(title, 'nearest', `${note}, at step ${near.step}`,
      el('div', { class: 'row' }, tiles(loaded(sheet), captions, 44)));
  }

  /** @param {number[][]} answers @param {string} more about those that are not shown */
  heat(answers, more) {
    return el('div', { class: 'answers' }, answers.map(([label, share], i) => el('span', {
      class: i ? 'heat' : 'heat own', style: { '--heat': `${Math.round(0.55 * share)}%` },
    }, `${this.film.classes[label]} ${Math.round(share)}\u00a0%`)), more ? el('small', {}, more) : '');
  }

  off() {
    clearTimeout(this.timer);
  }
}
