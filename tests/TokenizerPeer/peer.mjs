// Answers with Hugging Face's library by its node binding: `npm install tokenizers@0.23.2` in the folder that is the first argument.
// In: the path of a tokenizer.json, then {"text", "pair"} a line; out: {"ids", "offsets", "types", "decode", "decode_skip"} or {"error"} a line.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const { Tokenizer } = createRequire(join(process.argv[2], 'package.json'))('tokenizers');
let tokenizer = null;
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  let answer;
  try {
    if (tokenizer === null) {
      tokenizer = Tokenizer.fromFile(line);
      answer = { loaded: true };
    } else {
      const { text, pair } = JSON.parse(line);
      const encoding = await tokenizer.encode(text, pair, { addSpecialTokens: true });
      const ids = encoding.getIds();
      answer = {
        ids,
        offsets: encoding.getOffsets().flat(),
        types: encoding.getTypeIds(),
        decode: await tokenizer.decode(ids, false),
        decode_skip: await tokenizer.decode(ids, true),
      };
    }
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
