package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// table is one TOML table on its way into the policy. Every key that is asked for is known; done
// reports the others.
type table struct {
	r     *reader
	path  string // see keyLines
	shown string // for messages: `[[rule]] "opaque-files"`, "" for the top level
	raw   map[string]any
	known []string
}

// problem reports what is wrong with a key, or with the table if the key is "".
func (t *table) problem(key, format string, args ...any) { t.elementProblem(key, -1, format, args...) }

// elementProblem reports what is wrong with an element of a key's list.
func (t *table) elementProblem(key string, i int, format string, args ...any) {
	path := t.path
	if key != "" {
		path = at(path, key)
	}
	if i >= 0 {
		path = at(path, i)
	}
	t.r.problem(t.r.lines.find(path), fmt.Sprintf(format, args...))
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
		t.problem(key, "%s = %q: want %s%s", key, v, alternatives(allowed), orNewer(v, allowed))
		return
	}
	*into = v
}

func (t *table) strs(key string, into *[]string) {
	v, ok := get[[]any](t, key, "a list of strings")
	if !ok {
		return
	}
	if len(v) > maxListed {
		t.problem(key, "%s has %d elements; %d are allowed", key, len(v), maxListed)
		return
	}
	list := make([]string, 0, len(v))
	for i, raw := range v {
		s, ok := raw.(string)
		if !ok {
			t.elementProblem(key, i, "%s: want a list of strings", key)
			return
		}
		if slices.Contains(list, s) {
			t.elementProblem(key, i, "%s: %q stands there twice", key, s)
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
	v, ok := get[int64](t, key, "a whole number")
	if !ok {
		return
	}
	const most = 1_000_000_000
	if v < least || v > most {
		t.problem(key, "%s = %d: want a number from %d to %d", key, v, least, most)
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
	v, ok := get[map[string]any](t, key, "a ["+key+"] table")
	if !ok {
		return nil
	}
	return &table{r: t.r, path: at(t.path, key), shown: "[" + key + "]", raw: v}
}

// list gives the tables of an array of tables, written as [[key]] or as key = [{ … }].
func (t *table) list(key, want string) []*table {
	t.known = append(t.known, key)
	raw, there := t.raw[key]
	if !there {
		return nil
	}
	var elements []any
	switch raw := raw.(type) {
	case []any:
		elements = raw
	case []map[string]any:
		for _, element := range raw {
			elements = append(elements, element)
		}
	default:
		t.problem(key, "%s: want %s", key, want)
	}
	var tables []*table
	for i, element := range elements {
		raw, ok := element.(map[string]any)
		if !ok {
			t.elementProblem(key, i, "%s: want %s", key, want)
			continue
		}
		tables = append(tables, &table{r: t.r, path: at(t.path, key, i), raw: raw})
	}
	return tables
}

// named gives the array of tables of the top level, which have names.
func (t *table) named(key string) []*table {
	tables := t.list(key, "[["+key+"]] tables")
	most, known := map[string]int{"rule": maxRules, "principal": maxPrincipals}[key]
	if !known {
		most = maxListed
	}
	if len(tables) > most {
		t.problem(key, "there are %d [[%s]] tables; %d are allowed", len(tables), key, most)
		return nil
	}
	for _, sub := range tables {
		sub.shown = "[[" + key + "]]"
		if name, ok := sub.raw["name"].(string); ok {
			sub.shown += fmt.Sprintf(" %q", name)
		}
	}
	return tables
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
		t.problem(key, "unknown key %q%s%s", key, where, orNewer(key, t.known))
	}
}

// Near says whether a ref's name may be another's, misspelt: but for the case of letters, or two of them. What differs
// only in its digits is another's, as of versions.
func Near(name, other string) bool {
	if strings.EqualFold(name, other) {
		return name != other
	}
	const short = len("refs/heads/") + 4
	digits := func(s string) string { return strings.Trim(s, "0123456789.") }
	return len(name) >= short && distance(name, other) <= 2 && digits(name) != digits(other)
}

// didYouMean names the nearest allowed word, if one is near.
func didYouMean(word string, allowed []string) string {
	if best := Nearest(word, allowed); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// newer ends what is said of a word of the policy's language that this program doesn't know.
const newer = "; a newer countersign may know it: countersign version says which this is"

// orNewer is didYouMean for such words: what is near none of them may be one of a later version.
func orNewer(word string, allowed []string) string { return cmp.Or(didYouMean(word, allowed), newer) }

// Nearest gives the word that a mistyped one is nearest to, "" if none is near.
func Nearest(word string, words []string) string {
	best, least := "", len(word)/3+2
	if len(word) > maxKeyName {
		return ""
	}
	for _, w := range words {
		if d := distance(strings.ToLower(word), w); d < least {
			best, least = w, d
		}
	}
	return best
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
