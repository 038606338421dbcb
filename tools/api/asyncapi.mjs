// asyncapi.mjs FILE: whether an AsyncAPI description is valid, by the parser of its makers. Its schemas in other files are read, too.
import { readFileSync } from 'node:fs'
import { Parser, fromFile } from '@asyncapi/parser'

const file = process.argv[2]
const { document, diagnostics } = await fromFile(new Parser(), file).parse()
const bad = diagnostics.filter((d) => d.severity <= 1) // errors and warnings
for (const d of bad) console.error(`${file}:${d.range.start.line + 1}: ${d.path.join('.')}: ${d.message}`)
const said = /^asyncapi: (.*)$/m.exec(readFileSync(file, 'utf8'))[1]
if (bad.length > 0 || document === undefined) process.exit(1)
console.log(`${file}: AsyncAPI ${said}, ${document.messages().all().length} messages on ${document.channels().all().length} topics`)
