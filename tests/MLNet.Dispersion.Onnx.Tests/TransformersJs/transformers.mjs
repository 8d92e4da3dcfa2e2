// Hugging Face's library for JavaScript as a peer: reads one request as JSON, answers one line of JSON.
// node transformers.mjs FOLDER, where FOLDER is one in which it was installed.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { pipeline, env } = await import(pathToFileURL(createRequire(join(process.argv[2], 'package.json')).resolve('@huggingface/transformers')).href);
const { models, name, task, texts, options } = JSON.parse(readFileSync(0, 'utf8'));
env.allowRemoteModels = false;
env.localModelPath = models;
const model = await pipeline(task, name, { dtype: 'fp32', subfolder: '' });
const answer = await model(texts, options);
console.log(JSON.stringify(answer.data ? Array.from(answer.data) : answer));
