package signal

import (
	"strings"
	"testing"

	"countersign/policy/edit"
)

// How fast is text that gives no signal? Lines of the kinds that are most common, in C and in JavaScript.
func BenchmarkFind(b *testing.B) {
	for _, c := range []struct{ name, path, text string }{
		{"C", "src/a.c", `static int read_entry(struct reader *r, const char *name)
{
	struct entry *e = NULL;
	size_t len = strlen(name);

	if (!r || len >= sizeof(r->buffer))
		return error(_("name '%s' is too long"), name);
	for (size_t i = 0; i < r->count; i++) {
		e = &r->entries[i];
		if (e->len == len && !memcmp(e->name, name, len))
			break; /* found */
	}
	return e ? process_entry(r, e, 0x1f & e->flags) : -1;
}
`},
		{"JavaScript", "src/a.js", `export async function readEntry(reader, name = 'entry') {
  const { entries, count } = await reader.load({ name, depth: 2 })
  if (!entries || name.length > 256) {
    throw new Error("name '" + name + "' is too long")
  }
  return entries.filter((e) => e.name === name).map((e) => ({
    ...e,
    key: ` + "`${e.name}-${count}`" + `, // found
  }))
}
const { join } = require('path')
`},
		{"text", "doc/a.md", "The reader looks up an entry by its name, and says so if there is none.\n\n* one\n* two\n"},
	} {
		text := []byte(strings.Repeat(c.text, (1<<20)/len(c.text)))
		lines := edit.Added(nil, text)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if s := Find(c.path, lines, text); s != 0 {
					b.Fatal(s.Names())
				}
			}
		})
	}
}
