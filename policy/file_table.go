package policy

import (
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reader reads one policy and collects what is wrong with it.
type reader struct {
	fsys     fs.FS
	lines    []string
	sum      hash.Hash
	problems []Problem
}

func (r *reader) at(file string, line int, text string) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{File: file, Line: line, Text: text})
	}
}

func (r *reader) problem(line int, text string) { r.at(FileName, line, text) }

func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &FileError{r.problems}
}

// table is one TOML table on its way into the policy. Every key that is asked for is known; done
// reports the others.
type table struct {
	r     *reader
	name  string // as it is written, "[[rule]]", or "" for the top level
	shown string // for messages: `[[rule]] "opaque-files"`
	nth   int    // of the tables of that name
	raw   map[string]any
	known []string
}

// line finds the line of a key, or else of the table's header. The library tells no lines of keys
// that parse; this looks for them, and a table's own line is the answer where it isn't sure.
func (t *table) line(key string) int {
	start := 0
	if t.name != "" {
		seen := -1
		for i, line := range t.r.lines {
			if strings.HasPrefix(strings.TrimSpace(line), t.name) {
				if seen++; seen == t.nth {
					start = i + 1
					break
				}
			}
		}
		if seen != t.nth {
			return 0
		}
	}
	pattern := regexp.MustCompile(`(^|[\s{,])"?` + regexp.QuoteMeta(key) + `"?\s*=`)
	for i, line := range t.r.lines[start:] {
		if strings.HasPrefix(strings.TrimSpace(line), "[") && !strings.Contains(line, "=") {
			break
		}
		code, _, _ := strings.Cut(line, "#")
		if pattern.MatchString(code) {
			return start + i + 1
		}
	}
	return start
}

func (t *table) problem(key, format string, args ...any) {
	t.r.problem(t.line(key), fmt.Sprintf(format, args...))
}

// get gives a key's value if it is there, of the wanted type or reported.
func get[T any](t *table, key, want string) (v T, ok bool) {
	t.known = append(t.known, key)
	raw, there := t.raw[key]
	if !there {
		return v, false
	}
	if v, ok = raw.(T); !ok {
		t.problem(key, "%s: want %s", key, want)
	}
	return v, ok
}

func (t *table) str(key string, into *string) {
	if v, ok := get[string](t, key, "a string"); ok {
		*into = v
	}
}

func (t *table) oneOf(key string, into *string, allowed ...string) {
	v, ok := get[string](t, key, "a string")
	if !ok {
		return
	}
	if !slices.Contains(allowed, v) {
		t.problem(key, "%s = %q: want %s%s", key, v, alternatives(allowed), didYouMean(v, allowed))
		return
	}
	*into = v
}

func (t *table) strs(key string, into *[]string) {
	v, ok := get[[]any](t, key, "a list of strings")
	if !ok {
		return
	}
	list := make([]string, 0, len(v))
	for _, raw := range v {
		s, ok := raw.(string)
		if !ok {
			t.problem(key, "%s: want a list of strings", key)
			return
		}
		if slices.Contains(list, s) {
			t.problem(key, "%s: %q stands there twice", key, s)
		}
		list = append(list, s)
	}
	*into = list
}

func (t *table) boolean(key string, into *bool) {
	if v, ok := get[bool](t, key, "true or false"); ok {
		*into = v
	}
}

func (t *table) integer(key string, into *int, least int64) {
	v, ok := get[int64](t, key, "a number")
	if !ok {
		return
	}
	if v < least || v > 1_000_000_000 {
		t.problem(key, "%s = %d: want %d or more", key, v, least)
		return
	}
	*into = int(v)
}

func (t *table) duration(key string, into *time.Duration) {
	v, ok := get[string](t, key, `a time such as "10m", "24h" or "14d"`)
	if !ok {
		return
	}
	d, err := parseDuration(v)
	if err != nil {
		t.problem(key, "%s = %q: want a time such as \"10m\", \"24h\" or \"14d\"", key, v)
		return
	}
	*into = d
}

func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	d, err := time.ParseDuration(s)
	if err == nil && d < 0 {
		err = strconv.ErrRange
	}
	return d, err
}

func (t *table) size(key string, into *int64) {
	v, ok := get[string](t, key, `a size such as "2GiB"`)
	if !ok {
		return
	}
	for unit, factor := range map[string]uint64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if number, has := strings.CutSuffix(v, unit); has {
			if n, err := strconv.ParseUint(number, 10, 32); err == nil && n > 0 {
				*into = int64(n * factor)
				return
			}
		}
	}
	t.problem(key, "%s = %q: want a size such as \"512KiB\", \"64MiB\" or \"2GiB\"", key, v)
}

// date reads a day, which begins at midnight UTC, or a time with its zone.
func (t *table) date(key string, into *time.Time) {
	v, ok := get[time.Time](t, key, "a date such as 2024-01-31")
	if !ok {
		return
	}
	switch v.Location().String() {
	case "date-local":
		*into = time.Date(v.Year(), v.Month(), v.Day(), 0, 0, 0, 0, time.UTC)
	case "datetime-local", "time-local":
		t.problem(key, "%s: want a date, or a time with its zone such as 2024-01-31T12:00:00Z", key)
	default:
		*into = v.UTC()
	}
}

// sub gives a table within this one, or nil.
func (t *table) sub(key string) *table {
	v, ok := get[map[string]any](t, key, "a table")
	if !ok {
		return nil
	}
	return &table{r: t.r, name: "[" + key + "]", shown: "[" + key + "]", raw: v}
}

// list gives the tables of an array of tables.
func (t *table) list(key string) []*table {
	v, ok := get[[]map[string]any](t, key, "[["+key+"]] tables")
	if !ok {
		return nil
	}
	ts := make([]*table, len(v))
	for i, raw := range v {
		ts[i] = &table{r: t.r, name: "[[" + key + "]]", shown: "[[" + key + "]]", nth: i, raw: raw}
		if name, ok := raw["name"].(string); ok {
			ts[i].shown += fmt.Sprintf(" %q", name)
		}
	}
	return ts
}

// done reports the keys that nobody asked for.
func (t *table) done() {
	for _, key := range slices.Sorted(maps.Keys(t.raw)) {
		if slices.Contains(t.known, key) {
			continue
		}
		where := ""
		if t.shown != "" {
			where = " in " + t.shown
		}
		if i := slices.IndexFunc(t.known, func(k string) bool { return strings.EqualFold(k, key) }); i >= 0 {
			if _, twin := t.raw[t.known[i]]; twin {
				t.problem(key, "%q and %q stand side by side%s: keys are written in lower case, and once", t.known[i], key, where)
				continue
			}
		}
		t.problem(key, "unknown key %q%s%s", key, where, didYouMean(key, t.known))
	}
}

// didYouMean names the nearest allowed word, if one is near.
func didYouMean(word string, allowed []string) string {
	best, least := "", len(word)/3+2
	for _, a := range allowed {
		if d := distance(strings.ToLower(word), a); d < least {
			best, least = a, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is the number of letters to add, drop or change to make a word of another (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

func alternatives(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return strings.Join(quoted, ", ")
}
