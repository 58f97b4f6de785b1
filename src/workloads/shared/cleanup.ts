/**
 * Runs `work`, then `undo` in any case. If both fail, the first error is thrown: the second is usually its consequence.
 */
export async function withCleanup<T>(work: () => Promise<T>, undo: () => Promise<void>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await undo().catch(() => {});
    throw error;
  }
  await undo();
  return result;
}
