#!/usr/bin/env node
// Writes the character classes that the o200k splitter tells apart:
//     node scripts/character_classes.mjs > src/openai/character_classes.inc
// One row a range of code points that share a class: {first, class}, ascending; what is not listed is `other`.
const classes = [
    ['line_break', /^[\r\n]$/u],
    ['space', /^[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/u],
    ['upper', /^[\p{Lu}\p{Lt}]$/u],
    ['lower', /^\p{Ll}$/u],
    ['letter', /^[\p{Lm}\p{Lo}]$/u],
    ['mark', /^\p{M}$/u],
    ['number', /^\p{N}$/u],
]

function classOf(code) {
    if (code >= 0xd800 && code < 0xe000) return 'other'
    const text = String.fromCodePoint(code)
    return classes.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other'
}

const rows = []
let last
for (let code = 0; code < 0x110000; ++code) {
    const now = classOf(code)
    if (now === last) continue
    rows.push(`{${code},${now}}`)
    last = now
}

console.log(`// Written by scripts/character_classes.mjs from Unicode ${process.versions.unicode}.`)
console.log('// clang-format off')
for (let line = ''; rows.length > 0; line = '') {
    while (rows.length > 0 && line.length + rows[0].length < 118) line += rows.shift() + ','
    console.log(line)
}
console.log('// clang-format on')
