/** Makes elements. Strings become text, never markup. */
import { NAMES, SIGNS, textOf, VERDICTS } from './data.js';

/**
 * @param {string} name
 * @param {Record<string, string | boolean | ((event: Event) => void)>} [attributes] a function is a listener
 * @param {...(Node | string | undefined | false)} children
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false) element.setAttribute(key, value);
  }
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
  return element;
}

const PAGE = 25;

/**
 * Adds a page of elements to `parent`. There may be thousands of items, which would take a browser many seconds to lay out. Returns the
 * button that adds the rest.
 * @template T @param {Element} parent @param {T[]} items @param {(item: T, at: number) => Element} toElement
 */
export function paged(parent, items, toElement) {
  const more = h('button', { type: 'button', click: () => add(items.length) }, '');
  /** @param {number} to */
  const add = (to) => {
    const from = parent.childElementCount;
    parent.append(...items.slice(from, to).map((item, at) => toElement(item, from + at)));
    const left = items.length - parent.childElementCount;
    more.textContent = `show ${left.toLocaleString('en-US')} more`;
    more.hidden = left === 0;
  };
  add(PAGE);
  return more;
}

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element ${id}`);
  return element;
}

/** @param {number} verdict */
export function badge(verdict, text = NAMES[verdict] ?? '') {
  return h(
    'span',
    { class: `badge v-${VERDICTS[verdict]}` },
    h('span', { 'aria-hidden': 'true' }, SIGNS[verdict]),
    ` ${text}`,
  );
}

/** A command, and a button that copies it. @param {string} command */
export function commandLine(command) {
  const button = h('button', { type: 'button', class: 'copy', click: () => copy(command, button) }, 'copy');
  return h('div', { class: 'command' }, h('code', {}, command), button);
}

/** @param {string} text @param {HTMLElement} button */
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'copied';
  } catch {
    // A browser may not allow this for a file. Then the text is selected, and the user can copy it.
    const code = button.previousElementSibling;
    if (code !== null) getSelection()?.selectAllChildren(code);
    button.textContent = 'selected';
  }
  setTimeout(() => {
    button.textContent = 'copy';
  }, 1500);
}

/** Lines of a guest's console. @param {{ file: number, from: number, left: number, lines: number[] }} log */
export function consoleOf(log) {
  const lines = log.lines.map((number) => {
    const text = textOf(number);
    return h('span', HOT.test(text) ? { class: 'hot' } : {}, `${text}\n`);
  });
  const said = log.lines.length > 0 ? `, from line ${log.from}` : ': the kernel printed nothing';
  const where = `${textOf(log.file)}${said}${log.left > 0 ? `; ${log.left} more lines in the file` : ''}`;
  return h(
    'figure',
    { class: 'console' },
    h('figcaption', {}, where),
    log.lines.length > 0 && h('pre', { tabindex: '0' }, ...lines),
  );
}

const HOT = /\bBUG\b|WARNING:|Oops|KASAN|panic|DMA-API|fault addr|refcount|leak/i;
