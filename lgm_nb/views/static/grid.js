// The images of a run, one button each.
import { el, rendering, say } from './dom.js';
import { Fade } from './fade.js';
import { drawOnce, drawTile } from './sheet.js';
import { onWidth } from './page.js';

/** @typedef {import('./protocol.js').Sheet} Sheet */
/** @typedef {import('./evolution.js').RunState} RunState */

const GAP = 8; // pixels between tiles

/**
 * As many columns as fit, preferring full rows.
 * @param {number} n tiles
 * @param {number} width available pixels
 * @param {number} side minimum pixels of a tile; up to 1.9 times as many for full rows
 */
export function columnsFor(n, width, side) {
  const fit = (/** @type {number} */ s) => Math.min(n, Math.max(1, Math.floor((width + GAP) / (s + GAP))));
  for (let c = fit(side); c >= fit(1.9 * side); c--) if (n % c === 0) return c;
  return fit(side);
}

/**
 * Minimum size of a tile in pixels.
 * @param {number} n tiles
 * @param {boolean} small whether the whole view is small
 * @param {number} width available pixels
 */
export function leastSide(n, small, width) {
  if (small) return 50;
  if (n > 6 && n <= 12) return Math.max(64, width / 8); // two rows of large images rather than one of small ones
  if (n > 40) return 52;
  return n > 6 ? 64 : 84;
}

/** The text shown while there are no images yet. @param {RunState} state */
function emptyText({ status, live }) {
  if (status && !['ready', 'gone'].includes(status.state)) return status.doing || 'Waiting for the first frame …';
  return live ? 'Press Start: one image per class will form from noise here.' : 'This run has no frames.';
}

export class Grid {
  /**
   * @param {import('./film.js').Film} film
   * @param {(image: number) => void} look called when a tile is clicked
   */
  constructor(film, look) {
    this.canvases = film.names.map(() => el('canvas', { width: film.side, height: film.side, 'aria-hidden': 'true' }));
    this.buttons = film.names.map((name, i) => el('button', {
      type: 'button', class: 'tile', 'aria-label': `${name}: look closer`, 'aria-expanded': 'false',
      on: {
        click: () => look(i), focus: () => this.point(i), blur: () => this.point(null),
        pointerenter: () => this.point(i), pointerleave: () => this.point(null),
      },
    }, this.canvases[i], el('span', {}, name)));
    this.labels = film.labels;
    this.grid = el('div', {
      class: 'grid', role: 'group', 'aria-label': 'The images, one button each',
      style: { '--rendering': rendering(film.side) },
    }, this.buttons);
    this.empty = el('p', { class: 'empty' });
    this.node = el('div', { class: 'stage' }, this.grid, this.empty);
    this.point = (/** @type {number | null} */ _image) => {}; // called with what the pointer or the focus is at
    this.small = false;
    /** @type {RunState | null} */
    this.wanted = null;
    /** @type {Promise<void> | null} */
    this.drawing = null;
    /** @type {Sheet | null} */
    this.alone = null; // the level that is shown, or decoded
    this.faded = (/** @type {boolean} */ _fading) => {}; // called when a cross-fade begins and ends
    this.fade = new Fade(fading => this.faded(fading));
    // Its own width: after a change of theme it can settle later than the view's.
    this.off = onWidth(this.grid, () => this.fit());
  }

  /** @param {boolean} small whether the whole view is small */
  fit(small = this.small) {
    this.small = small;
    const n = this.buttons.length, width = this.grid.clientWidth;
    const columns = columnsFor(n, width, leastSide(n, small, width));
    if (width) this.grid.style.setProperty('--columns', `${columns}`);
  }

  /** Update everything but the images. @param {RunState} state */
  update(state) {
    this.buttons.forEach((button, i) => {
      button.setAttribute('aria-expanded', `${i === state.open}`);
      button.classList.toggle('on', i === state.open);
    });
    this.empty.hidden = state.film.frames.length > 0;
    say(this.empty, emptyText(state));
  }

  /** Highlight one image, or all of a class. @param {import('./plane.js').Lit | null} lit */
  light(lit) {
    this.buttons.forEach((button, i) => button.classList.toggle('lit', lit !== null
      && (lit.image === i || lit.image === null && this.labels[i] === lit.label)));
  }

  /**
   * Images are decoded asynchronously; the newest request wins.
   * @param {RunState} state
   * @returns {Promise<void>} when it is drawn, or begins to be faded in
   */
  draw(state) {
    this.wanted = state;
    this.drawing ??= this.drawWanted();
    return this.drawing;
  }

  async drawWanted() {
    await null; // `drawing` is set first, and free again as soon as nothing is wanted: no request falls between
    try {
      while (this.wanted) {
        const { film, frame, level, following, blend } = this.wanted;
        this.wanted = null;
        this.grid.classList.toggle('blank', !frame);
        if (!frame || level && following) { this.fade.stop(true); continue; }
        this.alone = null;
        const paint = await film.painter(frame, this.canvases).catch(() => null);
        if (paint) this.fade.show(frame, paint, blend);
      }
    } finally {
      this.drawing = null;
    }
  }

  /**
   * Show a sheet with one tile per image.
   * @param {Sheet} sheet with bytes
   */
  async showSheet(sheet) {
    this.alone = sheet;
    await drawOnce(sheet, bitmap => {
      if (this.alone !== sheet) return; // another one, or the whole images
      this.fade.stop(true);
      this.canvases.forEach((canvas, i) => drawTile(canvas, bitmap, sheet, i));
    });
  }
}
