// Answers with Hugging Face's library by its node binding: `npm install tokenizers@0.23.2` in the folder that is the first argument.
// In: the path of a tokenizer.json, then [[text, pair or null], ...] a line; out: [{"ids", "offsets", "types", "decode", "decode_skip"} or {"error"}, ...] a line.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const { Tokenizer } = createRequire(join(process.argv[2], 'package.json'))('tokenizers');
let tokenizer = null;
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  let answer;
  if (tokenizer === null) {
    try {
      tokenizer = Tokenizer.fromFile(line);
      answer = { loaded: true };
    } catch (error) {
      answer = { error: String(error) };
    }
  } else {
    // Not encodeBatch: with a padding in the file it fills all up to one length.
    answer = await Promise.all(JSON.parse(line).map(([text, pair]) => one(text, pair)));
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}

async function one(text, pair) {
  try {
    const encoding = await tokenizer.encode(text, pair, { addSpecialTokens: true });
    const ids = encoding.getIds();
    const [decode, decode_skip] = await Promise.all([tokenizer.decode(ids, false), tokenizer.decode(ids, true)]);
    return { ids, offsets: encoding.getOffsets().flat(), types: encoding.getTypeIds(), decode, decode_skip };
  } catch (error) {
    return { error: String(error) };
  }
}
