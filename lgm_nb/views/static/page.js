// What a view takes from the page around it: theme, width, motion, heading levels.
import { el } from './dom.js';
import { Tips } from './tips.js';

/**
 * A shadow root keeps the page's styles out of ours and ours out of the page.
 * @param {HTMLElement} host
 * @param {string} css
 * @returns {ShadowRoot}
 */
export function shell(host, css) {
  const root = host.shadowRoot || host.attachShadow({ mode: 'open' });
  const tips = root.querySelector('.tips') ?? new Tips(root).node;
  root.replaceChildren(el('style', {}, css), tips);
  return root;
}

/**
 * Remove a view and leave its style sheet and lines of help.
 * @param {ShadowRoot} root
 */
export function clear(root) {
  for (const node of [...root.children].slice(2)) node.remove();
}

/** @param {string} query */
const matches = query => matchMedia(query).matches;

/** How to scroll: instantly for users who prefer reduced motion. */
export const scrolling = () => matches('(prefers-reduced-motion: reduce)') ? 'auto' : 'smooth';

/**
 * Any colour of CSS as red, green, blue and alpha, each up to 255: a page may use `oklch(…)` as well as `rgb(…)`.
 * @param {string} colour
 */
function rgbaOf(colour) {
  const canvas = el('canvas', { width: 1, height: 1 });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data];
}

/**
 * The first opaque background behind a node.
 * @param {Element} node
 * @returns {number[]} red, green, blue
 */
function backdrop(node) {
  for (let n = node; n; n = n.parentElement || /** @type {ShadowRoot} */ (n.getRootNode()).host) {
    const { backgroundColor } = getComputedStyle(n); // '' before the node is part of the page
    const colour = backgroundColor ? rgbaOf(backgroundColor) : [0, 0, 0, 0];
    if (colour[3] > 127) return colour;
  }
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  return scheme.includes('dark') && matches('(prefers-color-scheme: dark)') ? [20, 20, 20] : [255, 255, 255];
}

/**
 * Follow the theme of the page: dark or light, as the background behind the view.
 * @param {HTMLElement} host
 * @returns {() => void} stops
 */
export function watchTheme(host) {
  const apply = () => {
    const [r, g, b] = backdrop(host);
    host.dataset.theme = 0.299 * r + 0.587 * g + 0.114 * b < 128 ? 'dark' : 'light';
  };
  const seen = new MutationObserver(() => requestAnimationFrame(apply));
  for (const node of [document.documentElement, document.body]) if (node) seen.observe(node, { attributes: true });
  const media = matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', apply);
  apply();
  const sized = new ResizeObserver(apply); // a notebook may put the view into its page much later than it makes it
  sized.observe(host);
  return () => { seen.disconnect(); sized.disconnect(); media.removeEventListener('change', apply); };
}

/**
 * Call `draw(width)` now and whenever the width changes.
 * @param {Element} node
 * @param {(width: number) => void} draw
 * @returns {() => void} stops
 */
export function onWidth(node, draw) {
  const { paddingLeft, paddingRight } = getComputedStyle(node);
  let width = Math.floor(node.clientWidth - (parseFloat(paddingLeft) || 0) - (parseFloat(paddingRight) || 0));
  if (width > 0) draw(width); // in its page already: not one frame of another layout
  const seen = new ResizeObserver(([entry]) => {
    const w = Math.floor(entry.contentRect.width);
    if (w && w !== width) { width = w; requestAnimationFrame(() => draw(w)); }
  });
  seen.observe(node);
  return () => seen.disconnect();
}

/** Whether a view has one column. @param {number} width pixels */
export const isNarrow = width => width < 740;

/**
 * Fit a view into its page, now and whenever its width changes.
 * @param {HTMLElement} body
 * @param {(width: number) => void} [draw]
 * @returns {() => void} stops
 */
export function settle(body, draw) {
  return onWidth(body, width => {
    body.classList.toggle('narrow', isNarrow(width));
    levelHeadings(body);
    draw?.(width);
  });
}

/**
 * Level for the title of a view: one below the heading before it in its notebook or page, 1 if there is none. It
 * leaves room for two levels inside the view.
 * @param {Element} host
 */
function titleLevel(host) {
  const text = host.closest('.jp-Notebook, main') ?? document;
  const before = [...text.querySelectorAll('h1, h2, h3, h4, h5, h6')]
    .filter(h => h.compareDocumentPosition(host) & Node.DOCUMENT_POSITION_FOLLOWING);
  const last = before.at(-1);
  return last ? Math.min(+last.tagName[1] + 1, 4) : 1;
}

/**
 * Views use h3 to h5 for their style; what a screen reader hears continues the outline of the page.
 * @param {Element} body inside a shell
 */
export function levelHeadings(body) {
  const host = /** @type {ShadowRoot} */ (body.getRootNode()).host;
  if (!host?.isConnected) return;
  const title = titleLevel(host);
  for (const h of body.querySelectorAll('h3, h4, h5')) h.setAttribute('aria-level', `${title + +h.tagName[1] - 3}`);
}

/**
 * The head of a small view.
 * @param {{title: string, note: string}} facts
 * @param {Element | null} [control]
 */
export const titled = ({ title, note }, control = null) => el('header', {},
  el('div', {}, el('h3', {}, title), el('p', { class: 'note' }, note)), control);

/**
 * Draw in the next animation frame, with the newest state that was asked for until then, unless nothing is visible.
 * @template {{width: number}} S
 * @param {(state: S) => void} draw
 * @returns {(state: S) => void}
 */
export function nextFrame(draw) {
  /** @type {S | null} */
  let wanted = null;
  return state => {
    if (!wanted) {
      requestAnimationFrame(() => {
        const newest = wanted;
        wanted = null;
        if (newest?.width) draw(newest);
      });
    }
    wanted = state;
  };
}
