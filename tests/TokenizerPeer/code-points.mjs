// What Hugging Face's library makes of each code point, by its node binding in the folder that is the first argument: a line each,
// the numbers of pieces of "a", the code point and "b" for each step that cuts, then the texts of each step that rewrites ("=": unchanged),
// then how long the pieces of "!", the code point and the next one are where the script changes.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const t = createRequire(join(process.argv[2], 'package.json'))('tokenizers');
const scripts = t.Tokenizer.fromString(JSON.stringify({
  version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: { type: 'UnicodeScripts' }, post_processor: null, decoder: null,
  model: { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' },
})).getPreTokenizer();
const bert = (cleanText, handleChineseChars, stripAccents) => t.bertNormalizer({ cleanText, handleChineseChars, stripAccents, lowercase: false });
const cutters = [
  t.punctuationPreTokenizer('isolated'), t.digitsPreTokenizer(true), t.whitespacePreTokenizer(), t.whitespaceSplitPreTokenizer(), t.bertPreTokenizer(),
];
const rewriters = [
  bert(true, false, false), bert(false, true, false), bert(false, false, true), t.lowercase(), t.nfcNormalizer(), t.nfdNormalizer(), t.nfkcNormalizer(), t.nfkdNormalizer(), t.stripAccentsNormalizer(), t.nmt(),
];
let lines = [];
for (let c = 0; c < 0x110000; c++) {
  if (c >= 0xd800 && c < 0xe000) continue;
  const text = `a${String.fromCodePoint(c)}b`;
  const counts = cutters.map((cutter) => cutter.preTokenizeString(text).length).join('');
  const texts = rewriters.map((rewriter) => rewriter.normalizeString(text)).map((result) => (result === text ? '=' : [...result].map((x) => x.codePointAt(0).toString(16)).join(' ')));
  const next = c + 1 === 0xd800 || c === 0x10ffff ? c : c + 1;
  const lengths = scripts.preTokenizeString(`!${String.fromCodePoint(c, next)}`).map(([piece]) => [...piece].length).join('');
  lines.push(`${c.toString(16)}|${counts}|${texts.join('|')}|${lengths}`);
  if (lines.length === 4096) {
    process.stdout.write(lines.join('\n') + '\n');
    lines = [];
  }
}
process.stdout.write(lines.join('\n') + '\n');
