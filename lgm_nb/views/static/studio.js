// The studio: the kernel sends messages, and the view requests what it is missing.
import { el, say } from './dom.js';
import { clear } from './page.js';
import { ASK, TELL } from './protocol.js';
import { evolution } from './evolution.js';

/** @typedef {import('./protocol.js').Link} Link */
/** @typedef {import('./protocol.js').Sheet} Sheet */
/** @typedef {import('./evolution.js').RunView} RunView */
/**
 * The model of a widget, as anywidget gives it.
 * @typedef {object} Model
 * @property {(trait: string) => any} get
 * @property {(message: import('./protocol.js').Ask) => void} send
 * @property {(event: string, f: (...args: any[]) => void) => void} on
 * @property {(event: string, f: (...args: any[]) => void) => void} off
 */

const PATIENCE = 4000; // milliseconds
const GONE = 'The kernel is gone: run the cell again.';

/** @param {DataView} b */
export const bytesOf = b => new Uint8Array(/** @type {ArrayBuffer} */ (b.buffer), b.byteOffset, b.byteLength);

/** @param {Sheet} sheet @param {DataView} buffer @returns {Sheet} */
const withBytes = (sheet, buffer) => ({ ...sheet, data: bytesOf(buffer) });

/** @typedef {(studio: Studio, message: any, buffers: DataView[]) => void} Handler */

/**
 * What to do with each kind of message. All but the first concern only the run that is shown.
 * @type {Record<import('./protocol.js').TellStudio['kind'], Handler>}
 */
const HANDLERS = {
  [TELL.SYNC]: (studio, message) => studio.sync(message),
  [TELL.SHEET]: forRun(addSheet),
  [TELL.FRAME]: forRun(addFrame),
  [TELL.CURVES]: forRun(setCurves),
  [TELL.DROP]: forRun(dropFrames),
  [TELL.STATUS]: forRun((view, { status }) => view.changeStatus(status)),
  [TELL.DETAIL]: forRun(showDetail),
  [TELL.LEVEL]: forRun((view, { sheet, level }, [pixels]) => view.showLevel(withBytes(sheet, pixels), level)),
};

/**
 * Ignore messages of a run that is not shown.
 * @param {(view: RunView, message: any, buffers: DataView[], link: Link) => void} f
 * @returns {Handler}
 */
function forRun(f) {
  return ({ view, link }, message, buffers) => {
    if (view && message.run === view.film.run) f(view, message, buffers, link);
  };
}

/** @param {RunView} view @param {import('./protocol.js').TellSheet} message @param {DataView[]} buffers */
function addSheet(view, { sheet }, [pixels]) {
  view.film.addSheet(sheet, bytesOf(pixels));
  view.changeFrames();
}

/**
 * @param {RunView} view
 * @param {import('./protocol.js').TellFrame} message
 * @param {DataView[]} buffers
 * @param {Link} link
 */
function addFrame(view, { frame, sheet, newest, levels, loss, status }, buffers, link) {
  const { film } = view, told = film.loss.at(-1)?.[0] ?? 0;
  link.ask({ ask: ASK.ACK, step: frame.step });
  if (sheet) film.addSheet(sheet, bytesOf(buffers[0]));
  film.newest = newest;
  film.addFrame(frame);
  if (levels > film.grown.length + 1) film.grown.push(frame.step - 1);
  film.loss.push(...loss.filter(([step]) => step > told));
  view.changeStatus(status);
  view.changeFrames();
}

/** @param {RunView} view @param {import('./protocol.js').TellCurves} message @param {any} _ @param {Link} link */
function setCurves(view, { curves, words, caution }, _, link) {
  Object.assign(view.film, { curves, words, caution });
  view.changeCurves();
  if (view.open !== null) link.ask({ ask: ASK.DETAIL, image: view.open });
}

/** @param {RunView} view @param {import('./protocol.js').TellDrop} message */
function dropFrames(view, { steps, kept }) {
  view.film.drop(steps);
  view.film.kept = kept;
  view.changeFrames();
}

/** @param {RunView} view @param {import('./protocol.js').TellDetail} message @param {DataView[]} buffers */
function showDetail(view, message, [big, ...rest]) {
  const parts = message.parts.map((part, i) => ({ ...part, sheet: withBytes(part.sheet, rest[i]) }));
  view.detail.show({ ...message, big: withBytes(message.big, big), parts });
}

export class Studio {
  /** @param {ShadowRoot} root @param {Link} link */
  constructor(root, link) {
    this.root = root;
    this.link = { ask: message => this.ask(link, message) };
    /** @type {RunView | null} */
    this.view = null;
    this.waiting = el('p', { class: 'lgm empty' }, 'Waiting for the kernel …');
    root.append(this.waiting);
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
    this.waiting.remove();
    HANDLERS[message.kind]?.(this, message, buffers);
  }

  /** @param {import('./protocol.js').TellSync} message */
  sync({ facts }) {
    if (this.view && this.isShown(facts)) return this.catchUp(this.view, facts);
    const open = this.view?.open ?? null;
    this.view?.off();
    clear(this.root);
    this.view = evolution(this.root, facts, this.link);
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
    view.changeCurves();
    view.changeFrames();
    view.changeStatus(facts.status);
  }

  /** @param {Link} link @param {import('./protocol.js').Ask} message */
  ask(link, message) {
    try {
      link.ask(message);
    } catch {
      this.lose();
    }
  }

  /** The kernel is gone: say so, and disable what needs it. */
  lose() {
    clearTimeout(this.patience);
    say(this.waiting, GONE);
    this.view?.lose(GONE);
    const box = this.root.host.closest('.lgm-studio'); // with the controls
    for (const control of box?.querySelectorAll('button, input, select') ?? []) control.setAttribute('disabled', '');
  }

  off() {
    clearTimeout(this.patience);
    this.view?.off();
  }
}
