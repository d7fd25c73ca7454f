// The feature maps of a run, side by side, and what is highlighted in them and in the grid.
import { el } from './dom.js';
import { explained } from './help.js';
import { levelHeadings, nextFrame } from './page.js';
import { MapView } from './map.js';

/** @typedef {import('./evolution.js').RunState} RunState */
/** @typedef {import('./plane.js').Lit} Lit */

const ABOUT = 'Dots: real training images. Marks: the distilled images and their way so far, filled where the nearest '
  + 'class mean is that of their own class, hollow where it is not.';

export class Maps {
  /**
   * @param {import('./film.js').Film} film
   * @param {import('./grid.js').Grid} grid
   * @param {(image: number) => void} look called when a mark is clicked
   */
  constructor(film, grid, look) {
    this.film = film;
    this.grid = grid;
    this.look = look;
    /** @type {MapView[]} */
    this.maps = [];
    /** @type {Lit | null} */
    this.pointed = null;
    /** @type {number | null} */
    this.open = null;
    this.update = nextFrame((/** @type {RunState} */ state) => this.draw(state));
    this.row = el('div', { class: 'atlas' });
    this.node = el('section', { class: 'card maps', hidden: true },
      el('h4', {}, explained('maps', 'Feature space'), el('small', {}, 'as each probed backbone sees it')),
      el('p', { class: 'note' }, ABOUT), this.row);
    this.heard = (/** @type {Lit | null} */ _lit) => {}; // called with what is pointed at
    grid.point = image => this.point(this.of(image));
  }

  /** @param {number | null} image @returns {Lit | null} */
  of(image) { return image === null ? null : { image, label: this.film.labels[image] }; }

  /** What the pointer or the focus is at. @param {Lit | null} lit */
  point(lit) {
    const { pointed } = this;
    if (pointed?.label === lit?.label && pointed?.image === lit?.image) return;
    this.pointed = lit;
    this.heard(lit);
    this.light();
  }

  /** Highlight what is pointed at, else the image of the closer look. */
  light() {
    if (!this.maps.length) return;
    const lit = this.pointed ?? this.of(this.open);
    this.grid.light(lit);
    for (const map of this.maps) map.light(lit);
  }

  /** @param {RunState} state */
  draw(state) {
    this.arrange();
    const step = state.frame?.step ?? 0;
    const width = Math.max(120, this.maps[0]?.node.clientWidth ?? 0);
    for (const map of this.maps) {
      map.lay(width);
      map.move(step, state.following);
    }
    this.open = state.open;
    this.light();
  }

  /** Make the maps that are new, in the order of the curves. */
  arrange() {
    const { film, maps } = this;
    if (maps.length === film.maps.length && maps.every((m, i) => m.map === film.maps[i])) return;
    this.maps = film.maps.map(map => maps.find(m => m.map === map) ?? new MapView(map, this));
    this.node.hidden = !this.maps.length;
    this.row.style.setProperty('--maps', `${this.maps.length}`);
    this.row.replaceChildren(...this.maps.map(m => m.node));
    levelHeadings(this.node);
  }
}
