package verify

import "strings"

// matchPattern is how OpenSSH matches words (ssh_config(5), PATTERNS): "*" stands for any bytes and "?" for one.
func matchPattern(word, pattern string) bool { return matchWildcards(word, pattern, true, "") }

// matchIdentity compares byte by byte; "*" stands for any bytes but "@" and "/".
func matchIdentity(name, pattern string) bool { return matchWildcards(name, pattern, false, "@/") }

// matchWildcards knows "*" for any bytes but the separators, and, where it is asked to, "?" for one byte. It never
// looks back further than the last star, so that no pattern takes long. That is enough: no star reaches over a
// separator, so that each separator has one place, and between two of them the last star can make up for all.
func matchWildcards(word, pattern string, question bool, separators string) bool {
	w, p, star, tried := 0, 0, -1, 0
	for w < len(word) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, tried = p, w
			p++
		case p < len(pattern) && (pattern[p] == word[w] || question && pattern[p] == '?'):
			w++
			p++
		case star >= 0 && strings.IndexByte(separators, word[tried]) < 0:
			tried++
			w, p = tried, star+1
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
