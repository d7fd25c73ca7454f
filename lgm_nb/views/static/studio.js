// The studio: the kernel sends messages, and the view requests what it is missing. While its run goes on, a finished
// one can be opened, or two compared.
import { el, say } from './dom.js';
import { ASK, TELL } from './protocol.js';
import { compare } from './compare.js';
import { evolution } from './evolution.js';
import { Foretold } from './foretell.js';
import { dropZone } from './drop.js';
import { OF_RUN } from './hear.js';
import { Across } from './across.js';
import { Shelf } from './shelf.js';

/** @typedef {import('./protocol.js').Link} Link */
/** @typedef {import('./protocol.js').RunFacts} RunFacts */
/** @typedef {import('./protocol.js').Shelved} Shelved */
/** @typedef {import('./evolution.js').RunView} RunView */

const OVER = new Set(['finished', 'stopped', 'failed']);
const PATIENCE = 4000; // milliseconds
const GONE = 'The kernel is gone: run the cell again.';

/** @type {Record<string, (studio: Studio, message: any, buffers: DataView[]) => void>} */
const OF_STUDIO = {
  [TELL.SYNC]: (studio, message) => studio.sync(message),
  [TELL.RUNS]: (studio, message, [pixels]) => studio.stock(message, pixels),
  [TELL.FILM]: (studio, message) => studio.receive(message),
  [TELL.SAID]: (studio, { text }) => studio.shelf.said(text),
  [TELL.PAGE]: (studio, { name }, [html]) => studio.shelf.save(name, html),
};

export class Studio {
  /** @param {ShadowRoot} root @param {Link} link */
  constructor(root, link) {
    this.root = root;
    /** @type {Link} */
    this.link = { ask: (message, buffers) => this.ask(link, message, buffers) };
    /** @type {RunView | null} */
    this.view = null; // of the run of the kernel
    /** @type {{off: () => void} | null} */
    this.shown = null; // a finished run, or two, shown instead
    /** @type {string[]} */
    this.wanted = []; // keys of the finished runs that are shown
    /** @type {Map<string, RunFacts>} */
    this.films = new Map();
    /** @type {Map<string, string | undefined>} */
    this.stamps = new Map(); // of the folders that the films are from
    this.opened = false; // whether anything has been chosen to be shown
    this.across = new Across();
    this.shelf = new Shelf({
      matrix: this.across.node,
      open: key => this.show(key === null ? [] : [key]),
      compare: keys => this.show(keys),
      page: () => this.link.ask({ ask: ASK.PAGE, key: this.wanted[0] ?? null }),
    });
    this.unzone = dropZone(() => this.box, this.link.ask, text => this.shelf.said(text));
    this.waiting = el('p', { class: 'lgm empty', role: 'status' }, 'Waiting for the kernel …');
    this.foretold = new Foretold(this);
    this.stage = el('div');
    this.screen = el('div');
    root.append(this.shelf.bar, this.shelf.node, this.waiting, this.foretold.place, this.screen, this.stage);
  }

  /** The controls and this view. @returns {HTMLElement | null} */
  get box() {
    return this.root.host.closest('.lgm-studio');
  }

  hello() {
    this.patience = setTimeout(() => {
      say(this.waiting, 'The kernel does not respond. Run this cell again to get a live studio.');
    }, PATIENCE);
    this.link.ask({ ask: ASK.HELLO });
  }

  /** @param {import('./protocol.js').TellStudio} message @param {DataView[]} buffers */
  hear(message, buffers) {
    clearTimeout(this.patience);
    const { view, link } = this, { kind } = message;
    if (kind === TELL.STATUS && message.run > (view?.film.run ?? -1)) {
      return this.foretold.tell(message.status, message.run);
    }
    if (kind === TELL.RUNS && !view && !this.shown) this.foretold.expect(message.open);
    else this.waiting.remove();
    if (kind === TELL.STATUS && message.status.message && this.wanted.length) this.show([]); // it is said there
    if (OF_STUDIO[kind]) OF_STUDIO[kind](this, message, buffers);
    else if (view && 'run' in message && message.run === view.film.run) OF_RUN[kind]?.(view, message, buffers, link);
    if (kind === TELL.CURVES) this.across.update(message.curves);
    if (kind === TELL.STATUS && OVER.has(message.status.state)) this.stage.style.minHeight = '';
  }

  /** @param {import('./protocol.js').TellSync} message */
  sync({ facts }) {
    this.across.begin(facts);
    if (this.view && this.isShown(facts)) return this.catchUp(this.view, facts);
    const open = this.view?.open ?? null;
    const began = (facts.run ?? 0) > (this.view?.film.run ?? 0); // even before the first
    this.view?.off();
    this.stage.replaceChildren();
    if (began) this.show([]); // first, so that the view finds its width
    this.view = evolution(this.stage, facts, this.link);
    this.shelf.describe(facts);
    if (open !== null && open < (facts.labels ?? []).length) this.view.look(open);
  }

  /** Whether these facts only add to the run that is shown, as when another view asks. @param {any} facts */
  isShown({ run, frames, labels }) {
    const film = /** @type {RunView} */ (this.view).film;
    return film.run === run && film.frames.length <= frames.length && film.labels.length === labels.length;
  }

  /** @param {RunView} view @param {any} facts */
  catchUp(view, facts) {
    const { film } = view, steps = new Set(film.frames.map(f => f.step));
    for (const frame of facts.frames) if (!steps.has(frame.step)) film.addFrame(frame);
    const { loss, curves, kept, words, caution } = facts;
    Object.assign(film, { loss, curves, kept, words, caution });
    film.addMaps(facts.maps ?? []);
    view.changeCurves();
    view.changeFrames();
    view.changeStatus(facts.status);
  }

  /** @param {import('./protocol.js').TellRuns} message @param {DataView | undefined} pixels */
  stock(message, pixels) {
    this.shelf.fill(message, pixels);
    this.shelf.mark(this.wanted);
    this.across.fill(message.runs);
    this.renew(message.runs);
    if (message.open !== null && !this.opened) this.expect(message.open);
  }

  /** Forget the films of folders that were saved over, and get those anew that are shown. @param {Shelved[]} runs */
  renew(runs) {
    const old = runs.filter(({ key, stamp }) => this.films.has(key) && this.stamps.get(key) !== stamp);
    for (const { key } of old) this.films.delete(key);
    for (const { key, stamp } of runs) this.stamps.set(key, stamp);
    if (old.some(({ key }) => this.wanted.includes(key))) this.show(this.wanted);
  }

  /** A view opens with a run that the kernel sends without being asked. @param {string} key */
  expect(key) {
    this.opened = true;
    this.wanted = [key];
    this.shelf.mark(this.wanted);
  }

  /** @param {import('./protocol.js').TellFilm} message */
  receive({ key, facts }) {
    if (this.films.has(key)) return; // another view has asked
    this.films.set(key, facts);
    if (this.wanted.includes(key) && this.wanted.every(k => this.films.has(k))) this.show(this.wanted);
  }

  /** Show one finished run, two of them, or, of none, the run of the kernel. @param {string[]} keys */
  show(keys) {
    this.opened = true;
    this.wanted = keys;
    this.shelf.mark(keys);
    const films = keys.map(key => this.films.get(key)), missing = keys.filter(key => !this.films.has(key));
    if (missing.length) return missing.forEach(key => this.link.ask({ ask: ASK.FILM, key }));
    this.shown?.off();
    this.shown = null;
    this.foretold.place.hidden = true;
    this.screen.replaceChildren();
    this.stage.hidden = keys.length > 0;
    if (!keys.length) return;
    const [a, b] = /** @type {RunFacts[]} */ (films);
    this.shown = b ? compare(this.screen, a, b) : evolution(this.screen, a).roll();
  }

  /** @param {Link} link @param {import('./protocol.js').Ask} message @param {ArrayBuffer[]} [buffers] */
  ask(link, message, buffers) {
    try {
      link.ask(message, buffers);
    } catch {
      this.lose();
    }
  }

  /** The kernel is gone: say so, and disable what needs it. */
  lose() {
    clearTimeout(this.patience);
    say(this.waiting, GONE);
    this.view?.lose(GONE);
    this.shelf.lose(this.films, GONE);
    this.unzone();
    const controls = this.box?.querySelectorAll('button, input, select') ?? [];
    for (const control of controls) control.setAttribute('disabled', '');
  }

  off() {
    clearTimeout(this.patience);
    this.unzone();
    this.view?.off();
    this.shown?.off();
  }
}
