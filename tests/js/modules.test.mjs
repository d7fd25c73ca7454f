// What joining modules into one relies on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MODULES, STATIC } from './load.mjs';

const sources = Object.fromEntries(MODULES.map(name => [name, readFileSync(join(STATIC, name), 'utf8')]));
const NAME = /^(?:export )?(?:async )?(?:const|let|var|class|function\*?) (\w+)/gm;
const names = text => [...text.matchAll(NAME)].map(m => m[1]);

test('no two modules share a name at their top level, private or not', () => {
  const owners = {};
  for (const [file, text] of Object.entries(sources)) for (const name of names(text)) (owners[name] ??= []).push(file);
  const shared = Object.entries(owners).filter(([, files]) => files.length > 1);
  assert.deepEqual(shared, []);
  assert(Object.keys(owners).length > 50);
});

test('one name per declaration at the top level, so that the test above sees all', () => {
  for (const [file, text] of Object.entries(sources)) {
    for (const [line] of text.matchAll(/^(?:const|let) .*$/gm)) {
      assert(/^const \w+ = |^let \w+ = /.test(line), `${file}: ${line}`);
    }
  }
});

test('imports name what their module exports, without other names for it', () => {
  for (const [file, text] of Object.entries(sources)) {
    for (const [statement] of text.matchAll(/^import [^;]*;/gm)) {
      const parts = statement.match(/^import \{ ([\w, ]+) \} from '\.\/(\w+\.js)';$/);
      assert(parts, `${file}: ${statement}`);
      const [, list, from] = parts, body = text.replaceAll(/^import .*$/gm, '');
      for (const name of list.split(', ')) {
        const there = new RegExp(String.raw`^export (?:async )?(?:const|class|function) ${name}\b`, 'm');
        assert(from in sources && there.test(sources[from]), `${file}: ${from} exports no ${name}`);
        assert(new RegExp(String.raw`\b${name}\b`).test(body), `${file}: ${name} is unused`);
      }
    }
  }
});

test('every export stands before a declaration at the start of a line', () => {
  for (const [file, text] of Object.entries(sources)) {
    for (const [line] of text.matchAll(/^[ \t]*export\b.*$/gm)) {
      assert(/^export (?:async )?(?:const|class|function) \w/.test(line), `${file}: ${line}`);
    }
    assert(!/^export default/m.test(text), file);
  }
});

test('a module can be read before those that use it: no cycles', () => {
  const needs = Object.fromEntries(Object.entries(sources).map(([file, text]) =>
    [file, [...text.matchAll(/^import [^;]* from '\.\/(\w+\.js)';/gm)].map(m => m[1])]));
  const visit = (file, path) => {
    assert(!path.includes(file), [...path, file].join(' → '));
    needs[file].forEach(other => visit(other, [...path, file]));
  };
  Object.keys(needs).forEach(file => visit(file, []));
});
