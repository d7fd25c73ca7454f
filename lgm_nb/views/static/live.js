// A view with a kernel: the renderer that Jupyter calls.
import { clear, shell, watchTheme } from './page.js';
import { TELL } from './protocol.js';
import { bytesOf } from './hear.js';
import { Studio } from './studio.js';
import { evolution } from './evolution.js';
import { matrix } from './matrix.js';
import { levels } from './levels.js';
import { views } from './views.js';

/** @typedef {import('./protocol.js').Link} Link */
/** @typedef {import('./protocol.js').Model} Model */
/** @typedef {{off: () => void, add?: (draw: import('./protocol.js').Draw) => void}} View */

/** @type {Record<string, (root: ShadowRoot, facts: any, link: Link | null) => View>} */
const VIEWS = { evolution, matrix, levels, views };

/**
 * Small widgets: everything they show is in one trait.
 * @param {ShadowRoot} root
 * @param {Model} model
 * @param {Link} link
 * @returns {() => void} removes the view
 */
function plain(root, model, link) {
  /** @type {View | null} */
  let view = null;
  const build = () => {
    const facts = structuredClone(model.get('facts'));
    view?.off();
    clear(root);
    if (facts.view) view = VIEWS[facts.view](root, facts, facts.asks ? link : null);
  };
  /** @param {import('./protocol.js').TellDraw} message @param {DataView[]} buffers */
  const hear = ({ kind, draw }, buffers) => {
    if (kind === TELL.DRAW) view?.add?.({ ...draw, sheet: { ...draw.sheet, data: bytesOf(buffers[0]) } });
  };
  build();
  model.on('change:facts', build);
  model.on('msg:custom', hear);
  return () => { view?.off(); model.off('change:facts', build); model.off('msg:custom', hear); };
}

/**
 * @param {ShadowRoot} root
 * @param {Model} model
 * @param {Link} link
 * @returns {() => void} removes the view
 */
function studio(root, model, link) {
  const it = new Studio(root, link), hear = it.hear.bind(it);
  const check = () => { if (root.host.closest('.jupyter-widgets-disconnected')) it.lose(); };
  model.on('msg:custom', hear);
  model.on('comm_live_update', check); // as when the kernel restarts
  it.hello();
  return () => { it.off(); model.off('msg:custom', hear); model.off('comm_live_update', check); };
}

/** @param {Model} model @param {import('./protocol.js').Ask} message @param {ArrayBuffer[]} [buffers] */
const sendTo = (model, message, buffers) => buffers ? model.send(message, undefined, buffers) : model.send(message);

/**
 * @param {{model: Model, el: HTMLElement}} context of anywidget
 * @param {string} css
 * @returns {() => void} removes the view
 */
export function render({ model, el: parent }, css) {
  const host = document.createElement('div');
  parent.append(host);
  const root = shell(host, css), build = model.get('view') === 'studio' ? studio : plain;
  const off = [watchTheme(host), build(root, model, { ask: (message, buffers) => sendTo(model, message, buffers) })];
  host.dataset.ready = 'true';
  return () => { off.forEach(f => f()); host.remove(); };
}
