// The feature map of one backbone: the real images as dots, the distilled ones as marks that walk.
import { el, svg, say, colour } from './dom.js';
import { key } from './chart.js';
import { explained } from './help.js';
import { extent, fitted, hit, marksAt, placedNames, trail } from './plane.js';

/** @typedef {import('./protocol.js').FeatureMap} FeatureMap */
/** @typedef {import('./protocol.js').Moment} Moment */
/** @typedef {import('./evolution.js').RunState} RunState */
/** @typedef {import('./plane.js').Lit} Lit */

const FEW = 40; // images, or classes, that are drawn in full

/** @param {string} name */
const short = name => name.length > 15 ? `${name.slice(0, 14)}…` : name;

/** @param {number[][]} points @param {import('./plane.js').Fitted} fit */
const polyline = (points, { X, Y }) => `M${points.map(([x, y]) => `${X(x).toFixed(1)} ${Y(y).toFixed(1)}`).join('L')}`;

/** @param {number[]} at x, y, x, y … */
const middle = at => {
  const n = Math.max(1, at.length / 2), sum = (/** @type {number} */ d) =>
    at.reduce((total, v, i) => total + (i % 2 === d ? v : 0), 0);
  return { x: sum(0) / n, y: sum(1) / n };
};

/** Dots as one path. @param {number[]} at x, y, x, y … */
const specks = at => at.map((v, i) => `${i % 2 ? ' ' : 'M'}${v.toFixed(1)}${i % 2 ? 'h0' : ''}`).join('');

/** The step that numbers are of, where another one is shown. @param {number} own @param {number} shown */
const ofStep = (own, shown) => own === shown ? '' : `, at step\u00a0${own}`;

/**
 * How many images are nearest to the mean of their own class; of one image, which class it is nearest to.
 * @param {Moment} moment
 * @param {number} step that is shown
 * @param {{labels: number[], classes: string[]}} film
 * @param {Lit | null} lit
 */
export function nearText(moment, step, { labels, classes }, lit = null) {
  const { near } = moment, when = ofStep(moment.step, step);
  const all = lit === null ? [...near.keys()] : [...near.keys()].filter(i => labels[i] === lit.label);
  const image = lit?.image ?? (all.length === 1 && lit ? all[0] : null);
  const own = all.filter(i => near[i] === labels[i]).length, name = lit ? `${classes[lit.label]}: ` : '';
  if (image === null) return `${name}${own} of ${all.length} nearest to their own class${when}`;
  return `${name}nearest to ${near[image] === labels[image] ? 'its own class' : classes[near[image]]}${when}`;
}

/** @param {FeatureMap} map @param {number} step @param {{labels: number[], classes: string[]}} film */
export function mapLabel({ name, walk }, step, { labels, classes }) {
  const moment = marksAt(walk, step), { near } = moment;
  const astray = [...near.keys()].filter(i => near[i] !== labels[i]).slice(0, 12);
  const others = astray.map(i => `${classes[labels[i]]} to ${classes[near[i]]}`).join(', ');
  const own = near.filter((c, i) => c === labels[i]).length;
  return `Feature map of ${name}, step ${step}: ${own} of ${near.length} distilled images are nearest to the mean of `
    + `their own class${ofStep(moment.step, step)}${others ? `; nearest to another: ${others}` : ''}.`;
}

export class MapView {
  /** @param {FeatureMap} map @param {import('./maps.js').Maps} all */
  constructor(map, all) {
    this.map = map;
    this.all = all;
    const { film } = all, k = film.curves.findIndex(c => c.name === map.name);
    const seen = film.curves[k]?.own ? 'seen' : 'unseen';
    const point = (/** @type {PointerEvent} */ e) => all.point(this.find(e));
    this.svg = svg('svg', { role: 'img', class: 'map', style: { '--own': colour(Math.max(0, k)) }, on: {
      pointermove: point, pointerdown: point, pointerleave: () => all.point(null),
      click: (/** @type {PointerEvent} */ e) => { const i = this.find(e)?.image ?? null; if (i !== null) all.look(i); },
    } });
    this.note = el('p', { class: 'note' });
    const share = `axes: ${Math.round(100 * (map.share ?? 0))} % of the variance of the ${map.of}`;
    this.node = el('figure', { class: 'mapped' },
      el('h5', {}, key(Math.max(0, k)), map.name, el('small', {}, explained(seen, seen))),
      this.svg, el('figcaption', {}, this.note, el('p', { class: 'note' }, share)));
    this.drawn = '';
    this.step = 0;
  }

  /** @param {PointerEvent | MouseEvent} event @returns {Lit | null} */
  find(event) {
    const { left, top, width } = this.svg.getBoundingClientRect(), scale = (this.fit?.width ?? 0) / width;
    const [x, y] = [(event.clientX - left) * scale, (event.clientY - top) * scale];
    return hit(x, y, this.places ?? [], this.all.film.labels, this.dots ?? []);
  }

  /** What does not move: dots and names. @param {number} width */
  lay(width) {
    const { map, all: { film } } = this, box = extent(map), height = Math.round(width * 0.78);
    const fit = this.fit = fitted(box, width, height);
    const now = JSON.stringify([width, box, map.walk.length > 0]);
    if (now === this.drawn) return;
    this.drawn = now;
    this.dots = (map.dots ?? []).map(at => at.map((v, i) => i % 2 ? fit.Y(v) : fit.X(v)));
    const names = this.dots.map((at, c) => ({ ...middle(at), text: short(film.classes[c]) }));
    const images = map.walk.length ? film.labels : [], n = images.length;
    const last = (map.walk.at(-1)?.at ?? []).map((v, i) => i % 2 ? fit.Y(v) : fit.X(v));
    const placed = names.length > FEW ? [] : placedNames(names, last, width);
    this.radius = n > FEW ? 3.2 : 4.6;
    this.clouds = this.dots.map(at => svg('path', { class: 'cloud', d: specks(at) }));
    this.texts = names.map((name, c) => {
      const { x, y, text } = placed[c] ?? name, half = 2.8 * text.length + 4;
      const place = { x: Math.max(half, Math.min(width - half, x)), y: y + 3.5 };
      return svg('text', { ...place, class: placed[c] ? '' : 'extra' }, text);
    });
    this.trails = images.map(() => svg('path', { class: n > FEW ? 'trail extra' : 'trail' }));
    this.marks = images.map(() => svg('circle', { class: 'spot', r: this.radius }));
    this.top = svg('g', {}, this.marks);
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height })) {
      this.svg.setAttribute(name, `${value}`);
    }
    this.svg.replaceChildren(...this.clouds, ...this.trails, ...this.texts, this.top);
  }

  /** What moves. @param {number} step @param {boolean} glides whether marks move by themselves */
  move(step, glides) {
    const { map, fit, marks = [], all: { film } } = this;
    if (!fit) return;
    this.step = step;
    const { at, near } = this.moment = marksAt(map.walk, step);
    this.places = at.map((v, i) => i % 2 ? fit.Y(v) : fit.X(v));
    this.svg.classList.toggle('glides', glides);
    this.svg.setAttribute('aria-label', mapLabel(map, step, film));
    marks.forEach((mark, i) => {
      mark.style.transform = `translate(${this.places?.[2 * i]}px, ${this.places?.[2 * i + 1]}px)`;
      mark.classList.toggle('astray', near[i] !== film.labels[i]);
    });
    if (marks.length <= FEW) marks.forEach((_, i) => this.drawTrail(i));
  }

  /** @param {number} image */
  drawTrail(image) {
    if (this.fit) this.trails?.[image].setAttribute('d', polyline(trail(this.map.walk, this.step, image), this.fit));
  }

  /**
   * How far a name moves away from a highlighted mark.
   * @param {SVGElement} text
   * @param {(i: number) => boolean} isOn whether the mark of an image is highlighted
   */
  yields(text, isOn) {
    const { places = [] } = this, half = 3.3 * (text.textContent ?? '').length + 8;
    const [x, y] = [Number(text.getAttribute('x')), Number(text.getAttribute('y')) - 3.5];
    const i = places.findIndex((at, i) => i % 2 === 0 && isOn(i / 2)
      && Math.abs(at - x) < half && Math.abs(places[i + 1] - y) < 15);
    return i < 0 ? 0 : places[i + 1] + (y < places[i + 1] ? -15 : 15) - y;
  }

  /** @param {Lit | null} lit */
  light(lit) {
    const { all: { film } } = this, isOn = (/** @type {number} */ i) => lit?.image === i
      || (lit?.image === null && film.labels[i] === lit.label);
    this.svg.classList.toggle('lit', lit !== null);
    for (const parts of [this.clouds, this.texts]) parts?.forEach((p, c) => p.classList.toggle('on', c === lit?.label));
    this.texts?.forEach((text, c) => {
      text.setAttribute('dy', `${c === lit?.label ? this.yields(text, isOn) : 0}`);
    });
    this.trails?.forEach((path, i) => { if (path.classList.toggle('on', isOn(i))) this.drawTrail(i); });
    this.marks?.forEach((mark, i) => {
      mark.classList.toggle('on', isOn(i));
      mark.setAttribute('r', `${(this.radius ?? 5) + (isOn(i) ? 2 : 0)}`);
      if (isOn(i) && mark.nextSibling) this.top?.append(mark);
    });
    if (this.moment) say(this.note, nearText(this.moment, this.step, film, lit));
  }
}
