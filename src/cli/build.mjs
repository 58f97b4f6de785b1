/**
 * Builds dist/ for the launcher. No compiled file exists yet, so this file explains by itself what the host lacks.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Builds dist/, or ends the process with an explanation. */
export async function build(root) {
  const dist = join(root, 'dist');
  const pretty = process.stderr.isTTY ? ['--pretty'] : [];
  // Each checker works out the types of the schemas for itself: more of them take longer on few processors.
  const args = [compiler(root), '-p', join(root, 'src'), '--checkers', '1', ...pretty];
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

/** Ends the process if the user may not write dist/. */
function denied(dist) {
  const why = denial(dist);
  if (why !== undefined)
    end(
      `phyrlab must compile its sources into ${dist}, but ${why}`,
      "let the folder's owner run npm run build, or use a clone of your own",
    );
}

/** Why dist/, or something in it, cannot be written. If there is no dist/ yet, the same for its parent. */
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
