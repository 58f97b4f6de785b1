/**
 * Bundles what the compiler left in dist/ into dist/bin/, which the launcher runs. A command then opens a few files instead of some 200,
 * which saves `show` 28 % of its processor time. What is imported dynamically (`await import()`) stays a separate file.
 */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Packages that every command uses. The others are not bundled: few commands load them, or they contain native code. */
const BUNDLED = ['commander', 'fastest-levenshtein', 'zod'];
const DAY_MS = 86_400_000;

/** zod brings error messages in 50 languages. We use one. */
const oneLanguage = {
  name: 'one-language',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ path, importer }) =>
      importer.includes('/node_modules/zod/') ? { path, namespace: 'empty' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'empty' }, () => ({ contents: 'export {};' }));
  },
};

/** Rejects when something in dist/ cannot be read or written. */
export async function bundle(root) {
  const outdir = join(root, 'dist', 'bin');
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['dist/src/cli/main.js'],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    metafile: true,
    logLevel: 'silent',
    external: Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)),
    plugins: [oneLanguage],
    // CommonJS packages need require().
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
  });
  const written = new Set(Object.keys(metafile.outputs).map((path) => join(root, path)));
  // A process that still runs may load a file of the previous bundle.
  for (const path of readdirSync(outdir).map((name) => join(outdir, name)))
    if (!written.has(path) && Date.now() - statSync(path).mtimeMs > DAY_MS) rmSync(path, { force: true });
}

if (process.argv[1] === import.meta.filename) await bundle(join(import.meta.dirname, '..', '..'));
