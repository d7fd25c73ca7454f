// A still view in a notebook, below the live one that was shown with it.

const LIVE = '[data-ready], .lgm-studio';
const WAIT_FOR_LIVE = 1500; // milliseconds that a widget may take before the still view is shown in its place

/** @typedef {'live' | 'none' | 'coming'} Shown what an output for a widget shows */

/**
 * JupyterLab first says that it loads a widget; without its model it says that there is an error.
 * @param {Element} output
 * @returns {Shown}
 */
function shownIn(output) {
  if (output.querySelector(LIVE)) return 'live';
  return /^(Loading widget.*)?$/s.test((output.textContent ?? '').trim()) ? 'coming' : 'none';
}

/** @param {Element} node @param {boolean} yes */
const display = (node, yes) => /** @type {HTMLElement} */ (node).style.setProperty('display', yes ? '' : 'none');

/**
 * Show a still view, at once or, in an output of its own, whenever the output before it has no live one.
 * @param {HTMLElement} host
 * @param {() => void} mount
 */
export function unlessLive(host, mount) {
  const own = host.closest('[data-lgm-pair]') && host.closest('.jp-OutputArea-child');
  const other = own?.previousElementSibling, output = other?.querySelector('.jp-OutputArea-output');
  if (!own || !other || !output) { mount(); return; }
  let late = false, mounted = false;
  const look = () => {
    if (!own.contains(host)) { seen.disconnect(); return; } // a newer one has taken its place
    const shown = shownIn(output), still = shown === 'none' || shown === 'coming' && late;
    display(own, still);
    display(other, !still);
    if (still && !mounted) mount();
    mounted ||= still;
  };
  const seen = new MutationObserver(look);
  seen.observe(output, { childList: true, subtree: true, characterData: true });
  setTimeout(() => { late = true; look(); }, WAIT_FOR_LIVE);
  look();
}
