// Import the views' modules, or the bundle that Jupyter would load: `node --test`, with LGM_BUNDLE=file for the bundle.
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The first file of this name below a folder. */
function find(folder, name) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const found = entry.isDirectory() ? find(path, name) : entry.name === name && path;
    if (found) return found;
  }
  return null;
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const STATIC = dirname(find(join(ROOT, 'lgm_nb'), 'protocol.json'));
export const MODULES = readdirSync(STATIC).filter(name => name.endsWith('.js'));

// A copy that Node takes for ES modules; the package itself has no package.json.
const copy = mkdtempSync(join(tmpdir(), 'lgm-js-'));
cpSync(STATIC, copy, { recursive: true });
writeFileSync(join(copy, 'package.json'), '{"type": "module"}');
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));

/** @param {string} name a file in static */
export const load = name => import(pathToFileURL(process.env.LGM_BUNDLE || join(copy, basename(name))).href);
