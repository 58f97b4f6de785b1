/**
 * Does `work`, then `undo`, whatever became of it. When both fail, the first is told: what cannot be undone is mostly its consequence.
 */
export async function undoing<T>(work: () => Promise<T>, undo: () => Promise<void>): Promise<T> {
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
