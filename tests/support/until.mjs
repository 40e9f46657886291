// Waiting without sleeping blindly: a condition, read again and again until a deadline.

export const patience_ms = 20_000;

// Resolves with the first value of `read` that is not undefined, null or false; rejects after the deadline.
export async function until(what, read, {within_ms = patience_ms, every_ms = 15} = {}) {
  const deadline = performance.now() + within_ms;
  let last;
  do {
    try {
      const found = await read();
      if (found !== undefined && found !== null && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((go_on) => setTimeout(go_on, every_ms));
  } while (performance.now() < deadline);
  throw new Error(`${what}: not within ${within_ms} ms${last ? ` (${last.message})` : ''}`);
}
