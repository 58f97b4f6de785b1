/** Text that came from outside: from a guest, QEMU, a compiler, or a file name. */
/**
 * What a terminal, a browser or an editor would act upon instead of showing: control characters except tab and line feed, invisible characters,
 * those that change the writing direction, and unpaired surrogates.
 */
const ACTIVE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu;

/** Writes such characters as escapes (`\u001b`), which mean the same in JSON. */
export function harmless(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(ACTIVE, (found) =>
      Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
        '',
      ),
    );
}

/** As one line. */
export function oneLine(text: string): string {
  return harmless(text.replace(/[\r\n\t]+/g, ' ').trim());
}

/** The most characters of a detail that are shown. Files have the rest. */
export const LONGEST_DETAIL = 600;

/** One line of limited length. Applying it twice changes nothing. */
export function shortLine(text: string): string {
  const line = oneLine(text);
  if (line.length <= LONGEST_DETAIL) return line;
  const note = (kept: number) => ` ... (${line.length - kept} characters more)`;
  const kept = LONGEST_DETAIL - note(0).length;
  return line.slice(0, kept) + note(kept);
}
