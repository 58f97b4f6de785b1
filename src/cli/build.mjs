/**
 * Builds dist/ for the launcher. Nothing of ours can be imported before it, so what this host lacks is told here: it is no fault of the sources.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Ends the process if it cannot be built. */
export async function build(root) {
  const dist = join(root, 'dist');
  const pretty = process.stderr.isTTY ? ['--pretty'] : [];
  const args = [compiler(root), '-p', join(root, 'src'), ...pretty];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status === 0) return bundled(root, dist);
  const ofSources = /TS(?!5033)\d+:/.test(stdout);
  if (!ofSources) denied(dist);
  process.stderr.write(stdout + stderr);
  end(
    ofSources ? 'the TypeScript sources do not compile (see above)' : `the compiler cannot write ${dist} (see above)`,
  );
}

async function bundled(root, dist) {
  try {
    const { bundle } = await import('./bundle.mjs');
    await bundle(root);
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') lacksPackages(root);
    denied(dist);
    end(`the bundler cannot write ${join(dist, 'bin')}: ${error.message}`);
  }
}

function compiler(root) {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  } catch {
    return lacksPackages(root);
  }
}

function lacksPackages(root) {
  end(`${root} lacks the packages that it needs`, `npm ci, in ${root}`);
}

/** Ends the process if somebody else's dist/ is what stops it. */
function denied(dist) {
  const why = denial(dist);
  if (why !== undefined)
    end(
      `the sources have to be compiled into ${dist}, and ${why}`,
      'its owner builds it, npm run build; or use a clone of your own',
    );
}

/** Why dist/, or something in it, cannot be written; of a dist/ that is not there, the folder that it would be in. */
function denial(dist) {
  const paths = existsSync(dist)
    ? [dist, ...readdirSync(dist, { recursive: true }).map((name) => join(dist, name))]
    : [dirname(dist)];
  for (const path of paths) {
    try {
      accessSync(path, constants.W_OK);
    } catch (error) {
      if (error.code === 'EROFS') return `${path} is on a read-only file system`;
      const { uid } = statSync(path);
      return `you may not write ${path}${uid === process.getuid() ? '' : `, which belongs to ${uid === 0 ? 'root' : `user ${uid}`}`}`;
    }
  }
  return undefined;
}

function end(text, hint) {
  console.error(hint === undefined ? `phyrlab: ${text}` : `phyrlab: ${text}\n  ${hint}`);
  process.exit(64);
}
