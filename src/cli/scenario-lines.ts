/**
 * Finds where in a scenario file a value was written. When the file is compiled, each object literal is wrapped in a call that records its
 * place and the lines of its properties. So a value that was composed from several files is traced to the right one.
 */
interface Place {
  file: string;
  line: number;
  properties: Record<string, number>;
}

const places = new WeakMap<object, Place>();
/** Reached through globalThis, because a compiled scenario cannot import this file. */
const REPORT = Symbol.for('phyrlab.scenario-lines');
Object.assign(globalThis, {
  [REPORT]: (value: object, file: string, line: number, properties: Record<string, number>) => {
    places.set(value, { file, line, properties });
    return value;
  },
});

/** `FILE:LINE` of the value at this path, or of the nearest enclosing object literal. */
export function writtenAt(root: unknown, path: readonly PropertyKey[]): string | undefined {
  let found: string | undefined;
  let value = root;
  for (let at = 0; typeof value === 'object' && value !== null; at++) {
    const place = places.get(value);
    const key = path[at];
    if (place) found = `${place.file}:${(key === undefined ? undefined : place.properties[String(key)]) ?? place.line}`;
    if (key === undefined) break;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return found;
}

interface Located {
  loc?: { start: { line: number } } | null;
}
interface Property extends Located {
  type: string;
  computed?: boolean;
  key?: { name?: string; value?: unknown };
}
interface ObjectExpression extends Located {
  properties: Property[];
}
interface NodePath {
  node: ObjectExpression;
  replaceWith(node: unknown): void;
  skip(): void;
}

/** A plugin for Babel, which jiti uses. The interfaces above declare the few parts of Babel's API that it needs. */
export function lineReporter({ template }: { template: { expression(code: string): (parts: object) => unknown } }) {
  const call = template.expression(
    `globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(REPORT))})](OBJECT, __filename, LINE, LINES)`,
  );
  return {
    name: 'phyrlab-scenario-lines',
    visitor: {
      ObjectExpression: {
        exit(path: NodePath) {
          const { node } = path;
          if (!node.loc) return;
          const lines = node.properties.flatMap(({ key, loc, computed }) =>
            key && loc && !computed ? [[String(key.name ?? key.value), loc.start.line]] : [],
          );
          const literal = template.expression(`(${JSON.stringify(Object.fromEntries(lines))})`);
          const line = template.expression(String(node.loc.start.line));
          path.replaceWith(call({ OBJECT: node, LINE: line({}), LINES: literal({}) }));
          path.skip();
        },
      },
    },
  };
}
