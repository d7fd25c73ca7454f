// Play, a slider and a readout, for anything that has positions.
import { el, svg, say } from './dom.js';
import { explained } from './help.js';

const PLAY = 'M4 1.8v12.4L14 8z', PAUSE = 'M3 2h3.6v12H3zM9.4 2H13v12H9.4z';
const ARROWS = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']);
/** @type {Record<number, number>} */
const NEXT_SPEED = { 1: 2, 2: 0.5, 0.5: 1 };

/**
 * Leave the arrow keys to the slider that has the focus. JupyterLab's shortcuts listen on the document, before any
 * node in it; only a listener on the window comes first.
 * @param {KeyboardEvent} event
 */
function keepArrows(event) {
  const at = event.composedPath()[0];
  if (!(at instanceof HTMLInputElement)) window.removeEventListener('keydown', keepArrows, true); // it was removed
  else if (ARROWS.has(event.key)) event.stopPropagation();
}

/** Listeners of a slider that keeps its arrow keys. */
export const KEEPS_ARROWS = {
  focus: () => window.addEventListener('keydown', keepArrows, true),
  blur: () => window.removeEventListener('keydown', keepArrows, true),
};

/**
 * @typedef {object} TransportOptions
 * @property {string} label of the slider
 * @property {() => number} count number of positions
 * @property {(i: number) => string} text of a position
 * @property {(i: number) => void} show
 * @property {number} [milliseconds] per position
 * @property {boolean} [live] whether new positions can come: follow them until the user looks back
 * @property {boolean} [blended] whether what is shown fades from one position to the next
 */

export class Transport {
  /** @param {TransportOptions} options */
  constructor({ label, count, text, show, milliseconds = 90, live = false, blended = false }) {
    this.count = count;
    this.text = text;
    this.show = show;
    this.milliseconds = milliseconds;
    this.live = live;
    this.follow = live;
    this.chosen = false; // whether the position was chosen with the slider: it is shown as it is
    this.at = this.last;
    this.speed = 1;
    /** @type {ReturnType<typeof setInterval> | null} */
    this.timer = null;
    this.slider = el('input', {
      type: 'range', min: 0, step: 1, 'aria-label': label, on: {
        input: () => this.drag(), ...KEEPS_ARROWS,
      },
    });
    this.play = el('button', { type: 'button', class: 'play', on: { click: () => this.toggle() } });
    this.readout = el('output', { class: 'readout' });
    this.pace = el('button', {
      type: 'button', class: 'pace', 'aria-label': '1×: playback speed', title: 'Playback speed',
      on: { click: () => this.setSpeed(NEXT_SPEED[this.speed]) },
    }, '1×');
    this.now = live ? el('button', {
      type: 'button', class: 'live', title: 'Follow the run', on: { click: () => this.followNow() },
    }, 'Live') : null;
    this.word = !blended ? null : el('span', { class: 'blended' }, explained('blended', 'blended'));
    this.node = el('div', { class: 'transport' },
      this.play, this.slider, this.readout, this.word, this.pace, this.now);
    this.paint();
  }

  /** The last position, 0 if there is none. */
  get last() { return Math.max(0, this.count() - 1); }

  get playing() { return this.timer !== null; }

  /** @param {number} i */
  go(i) {
    this.at = Math.max(0, Math.min(this.last, i));
    this.follow = this.live && this.at === this.count() - 1;
    this.chosen = true;
    this.present();
  }

  /**
   * Positions were added or dropped.
   * @param {number} stay new index of the position that was shown
   */
  update(stay = this.at) {
    this.at = this.follow ? this.last : Math.min(stay, this.last);
    this.chosen = false;
    this.present();
  }

  /** No new positions will come. */
  unlive() {
    this.live = false;
    this.follow = false;
    this.now?.remove();
    this.now = null;
    this.update();
  }

  drag() {
    this.stop();
    this.go(+this.slider.value);
  }

  toggle() {
    if (this.playing) this.stop();
    else this.start();
  }

  /** @param {number} speed 1 for that of `milliseconds` */
  setSpeed(speed) {
    this.speed = speed;
    say(this.pace, `${this.speed}×`);
    this.pace.setAttribute('aria-label', `${this.speed}×: playback speed`);
    if (this.playing) { this.stop(); this.start(); }
  }

  followNow() {
    this.stop();
    this.follow = true;
    this.update();
  }

  /** Play, from the beginning if this is the end. */
  start() {
    if (this.at >= this.last) this.at = -1;
    this.timer = setInterval(() => this.advance(), this.milliseconds / this.speed);
    this.at = Math.min(this.at + 1, this.last);
    this.follow = false;
    this.present();
  }

  /** The next position; at the end, new ones are followed again. */
  advance() {
    if (this.at >= this.last) return this.live ? this.followNow() : this.stop();
    this.at++;
    this.present();
  }

  stop() {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.paintButtons();
  }

  present() {
    this.paint();
    if (this.count()) this.show(this.at);
  }

  paint() {
    const { slider, last, at } = this, text = this.text(at);
    slider.max = `${last}`;
    slider.value = `${at}`;
    slider.disabled = this.play.disabled = last < 1;
    slider.style.setProperty('--done', last ? `${100 * at / last}%` : '100%');
    slider.setAttribute('aria-valuetext', text);
    this.paintButtons();
    say(this.readout, text);
  }

  /** Update the buttons. What changes by itself is not announced: a screen reader would never stop. */
  paintButtons() {
    const name = this.playing ? 'Pause' : 'Play';
    this.play.setAttribute('aria-label', name);
    this.play.title = name;
    this.play.replaceChildren(svg('svg', { viewBox: '0 0 16 16', width: 14, height: 14, 'aria-hidden': 'true' },
      svg('path', { d: this.playing ? PAUSE : PLAY, fill: 'currentColor' })));
    this.now?.setAttribute('aria-pressed', `${this.follow}`);
    this.now?.classList.toggle('on', this.follow);
    this.readout.setAttribute('aria-live', this.playing || this.follow ? 'off' : 'polite');
  }
}
