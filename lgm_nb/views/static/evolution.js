// A run: its images, its charts, its history.
import { el, say } from './dom.js';
import { scrolling, settle } from './page.js';
import { ASK } from './protocol.js';
import { Film } from './film.js';
import { Transport } from './transport.js';
import { Header } from './header.js';
import { Grid } from './grid.js';
import { Tower } from './tower.js';
import { Charts } from './charts.js';
import { Detail } from './detail.js';
import { Maps } from './maps.js';
import { Peek } from './peek.js';

/** @typedef {import('./protocol.js').Status} Status */
/** @typedef {import('./protocol.js').Link} Link */
/** @typedef {import('./protocol.js').RunState} RunState */

export class RunView {
  /**
   * @param {ShadowRoot | Element} root
   * @param {import('./protocol.js').RunFacts} facts
   * @param {Link | null} link
   */
  constructor(root, facts, link) {
    const film = this.film = new Film(facts);
    this.link = link;
    this.status = facts.status ?? null;
    this.chosen = (film.curves.find(c => c.own) ?? film.curves[0])?.name;
    this.level = 0;
    this.width = 0;
    /** @type {number | null} */
    this.open = null;
    this.step = 0; // of the shown frame
    this.followed = true; // whether the newest frame was shown
    this.header = new Header();
    this.grid = new Grid(film, image => this.look(image === this.open ? null : image));
    this.tower = new Tower(level => this.choose(level));
    this.charts = new Charts(film, !!link, name => this.compareWith(name));
    this.detail = new Detail(film, this.grid.canvases, () => this.look(null));
    this.maps = new Maps(film, this.grid, image => this.look(image));
    this.peek = new Peek(film, link && (image => this.link?.ask({ ask: ASK.NEAR, image })));
    this.maps.heard = lit => this.peek.point(lit);
    this.kept = el('p', { class: 'kept' });
    this.transport = new Transport({
      label: 'Step of the run', live: !!link, count: () => film.frames.length,
      text: i => film.frames[i] ? `step ${film.frames[i].step}` : 'no step yet', show: i => this.showFrame(i),
      blended: scrolling() === 'smooth',
    });
    this.grid.faded = fading => {
      this.transport.word?.classList.toggle('on', fading);
      if (!fading) this.tell(this.detail); // it copies the exact image
    };
    this.body = this.layOut();
    root.append(this.body);
    this.unsettle = settle(this.body, width => this.resize(width));
    this.updateStatus();
    this.transport.update();
  }

  layOut() {
    const foot = el('div', { class: 'foot' }, this.transport.node, this.kept);
    const tower = this.film.sizes.length ? this.tower.node : null;
    return el('div', { class: 'lgm' }, this.header.nodes,
      el('div', { class: 'body' },
        el('div', { class: 'left' }, this.grid.node, tower, foot, this.peek.node, this.detail.node), this.charts.node),
      this.maps.node);
  }

  /** @returns {RunState} */
  get state() {
    const { film, status, level, open, chosen, width, transport } = this;
    const { at, follow: following } = transport, index = film.nearest(at), newest = at === film.frames.length - 1;
    return {
      film, status, level, open, chosen, width, following, live: !!this.link, frame: film.frames[index] ?? null,
      blend: !!transport.word && (transport.playing || following && !transport.chosen),
      cursor: following || newest ? null : film.frames[at]?.step ?? null,
    };
  }

  /** Update everything, the charts after the images are drawn. */
  update() {
    this.updateStatus();
    this.grid.draw(this.state).then(() => this.tell(this.charts, this.maps, this.detail, this.peek));
  }

  /** @param {{update: (state: RunState) => void}[]} parts */
  tell(...parts) {
    const { state } = this;
    for (const part of parts) part.update(state);
  }

  updateStatus() {
    this.tell(this.header, this.grid, this.tower);
    say(this.kept, this.film.kept);
  }

  /** @param {number} width */
  resize(width) {
    this.width = width;
    this.body.classList.toggle('tiny', width < 380);
    this.grid.fit(width < 460);
    this.update();
  }

  /** @param {number} index */
  showFrame(index) {
    const { follow } = this.transport, back = follow && !this.followed; // a level belongs to the newest frame
    this.followed = follow;
    this.step = this.film.frames[index]?.step ?? 0;
    this.update();
    if (back) this.askLevel();
  }

  /** Frames were added or dropped: stay at the step that is shown. */
  changeFrames() {
    const i = this.film.frames.findIndex(f => f.step >= this.step);
    this.transport.update(i < 0 ? this.film.frames.length - 1 : i);
    this.askLevel();
  }

  /** @param {string} name of the backbone whose baselines and answers are shown */
  compareWith(name) {
    this.chosen = name;
    this.tell(this.charts, this.peek);
  }

  changeCurves() {
    this.chosen ??= this.film.curves[0]?.name;
    this.tell(this.header, this.charts, this.maps, this.detail, this.peek);
  }

  /** @param {Status} status */
  changeStatus(status) {
    this.status = status;
    this.updateStatus();
    this.peek.renew(this.state);
  }

  /** The kernel is gone; what has arrived can still be played. @param {string} message */
  lose(message) {
    this.link = this.peek.ask = null;
    this.choose(0);
    this.transport.unlive();
    if (this.status) this.changeStatus({ ...this.status, state: 'gone', doing: '', message });
  }

  /** Show one level of the pyramid alone. @param {number} level 0 for the whole images */
  choose(level) {
    this.level = level;
    this.askLevel();
    this.transport.update();
  }

  askLevel() {
    if (this.level && this.transport.follow) this.link?.ask({ ask: ASK.LEVEL, level: this.level });
  }

  /** Open the closer look at an image, or close it. @param {number | null} image */
  look(image) {
    const before = this.open;
    this.open = image;
    this.tell(this.grid, this.maps, this.detail, this.peek);
    if (image === null) {
      if (before !== null) this.grid.buttons[before].focus();
      return;
    }
    this.link?.ask({ ask: ASK.DETAIL, image });
    this.detail.reveal();
  }

  /** A level has arrived. @param {import('./protocol.js').Sheet} sheet with bytes @param {number} level */
  showLevel(sheet, level) {
    if (level === this.level && this.transport.follow) this.grid.showSheet(sheet);
  }

  /** Play once, unless less motion is asked for; at half speed, so that there is time to find the images. */
  roll() {
    if (scrolling() !== 'smooth') return this;
    this.transport.setSpeed(0.5);
    this.transport.start();
    return this;
  }

  off() {
    this.transport.stop();
    this.unsettle();
    for (const part of [this.grid, this.peek, this.detail]) part.off();
    this.film.off();
  }
}

/**
 * @param {ShadowRoot | Element} root
 * @param {import('./protocol.js').RunFacts} facts
 * @param {Link | null} link
 */
export const evolution = (root, facts, link = null) => new RunView(root, facts, link);
