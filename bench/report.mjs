// Numbers into tables.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const fixed = (value, digits = 1) => (value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits));

// Rows of strings, the first one the head. `left` columns are names: left-aligned, and the first is not repeated.
export function table(rows, left = 1) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const line = (row) => row.map((cell, i) => (i < left ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i]))).join('   ');
  const rule = widths.map((width) => '-'.repeat(width)).join('   ');
  const once = rows.slice(1).map((row, i) => (left > 1 && row[0] === rows[i][0] ? ['', ...row.slice(1)] : row));
  return [line(rows[0]), rule, ...once.map(line)].map((text) => `  ${text}`).join('\n');
}

let step_now = 0;
let steps = 1;

export function plan(count) { steps = count; }

export function step(text) {
  step_now += 1;
  const percent = Math.round(((step_now - 1) / steps) * 100);
  const line = `[${String(percent).padStart(3)} %] ${text}`;
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}`);
  else console.log(line);
}

export function say(text) {
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  console.log(text);
}
