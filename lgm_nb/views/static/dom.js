// DOM elements, without a framework.
// Text reaches the page only as text nodes and attribute values, never as markup.

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Set attributes, properties of `style` and listeners of `on`, then append children. Null and false are left out.
 * @template {Element} T
 * @param {T} node
 * @param {Record<string, any>} props
 * @param {(Child | Child[])[]} children
 * @returns {T}
 */
export function fill(node, props, children) {
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'on') for (const [name, f] of Object.entries(value)) node.addEventListener(name, f);
    else if (key === 'style') setStyle(/** @type {any} */ (node), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(.../** @type {(Node | string)[]} */ (children.flat().filter(c => c || c === '')));
  return node;
}

/** @param {HTMLElement | SVGElement} node @param {Record<string, string>} style */
function setStyle(node, style) {
  for (const [name, value] of Object.entries(style)) node.style.setProperty(name, value);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} props
 * @param {(Child | Child[])[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export const el = (tag, props = {}, ...children) => fill(document.createElement(tag), props, children);

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} props
 * @param {(Child | Child[])[]} children
 * @returns {SVGElementTagNameMap[K]}
 */
export const svg = (tag, props = {}, ...children) => fill(document.createElementNS(SVG, tag), props, children);

/**
 * Set a text only if it changed, so that selections and screen readers are not disturbed.
 * @param {Node} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * The button in a node that stands for one that it had before: of the same term, or with the same text.
 * @param {Element} node
 * @param {HTMLElement} old
 */
function sameButton(node, old) {
  const name = (/** @type {HTMLElement} */ b) => b.dataset.help ?? b.textContent;
  return [...node.querySelectorAll('button')].find(b => name(b) === name(old));
}

/**
 * Draw what is inside a node anew; a button that has the focus keeps it.
 * @param {Element} node
 * @param {() => void} draw
 */
export function keepFocus(node, draw) {
  const root = node.getRootNode(), focused = root instanceof ShadowRoot ? root.activeElement : null;
  const old = focused instanceof HTMLElement && node.contains(focused) ? focused : null;
  draw();
  if (old) (node.contains(old) ? old : sameButton(node, old))?.focus({ preventScroll: true });
}

/**
 * Colour of a line or a box, from the palette of the theme.
 * @param {number} k
 */
export const colour = k => `var(--c${k % 6})`;

/**
 * Small images show their pixels; large ones are smoothed.
 * @param {number} side
 */
export const rendering = side => side <= 48 ? 'pixelated' : 'auto';
