// A view without a kernel, drawn from the data in the page.
import { unlessLive } from './beside.js';
import { shell, watchTheme } from './page.js';

/**
 * @param {string} id of the facts
 * @param {(root: ShadowRoot, facts: any) => void} view
 * @param {string} css
 */
export function mountAll(id, view, css) {
  const facts = document.querySelector(`script[data-lgm-facts="${id}"]`)?.textContent ?? '';
  for (const host of document.querySelectorAll(`[data-lgm-player="${id}"]:not([data-ready])`)) {
    if (!(host instanceof HTMLElement)) continue;
    unlessLive(host, () => {
      const root = shell(host, css);
      watchTheme(host);
      view(root, JSON.parse(facts));
      host.dataset.ready = 'true';
    });
  }
}
