import { describe, expect, it } from 'vitest';
import { jsonForScript, Markup, markup } from '../../../../src/report/html/markup.js';
import { oneScript } from '../../../../src/report/html/report.js';

const HOSTILE = '</script><!--<img src=x onerror="alert(1)">&\' \u2028';

describe('markup', () => {
  it('takes what comes in between for text', () => {
    const { text } = markup`<p title="${HOSTILE}">${HOSTILE}</p>`;
    expect(text.match(/[<>]/g)).toHaveLength(4);
    expect(text).not.toMatch(/title="[^"]*"[^>]/);
  });

  it('nests, leaves out what is not there, and shows a zero', () => {
    expect(markup`<a>${[markup`<b>${0}</b>`, new Markup('<i>')]}${undefined}${false}</a>`.text).toBe(
      '<a><b>0</b><i></a>',
    );
  });
});

it('JSON for a script says the same and cannot end it', () => {
  const { text } = jsonForScript({ HOSTILE });
  expect(text).not.toMatch(/[<\u2028]/);
  expect(JSON.parse(text)).toEqual({ HOSTILE });
});

it('modules become one script, without their imports and exports', () => {
  const script = oneScript([
    '/** A. */\nexport const a = 1;\nexport function f() {}\n',
    "import { a } from './a.js';\nimport {\n  f,\n} from './a.js';\nconst b = a;\n",
  ]);
  expect(script).not.toMatch(/\b(import|export)\b/);
  expect(() => new Function(script)).not.toThrow();
});
