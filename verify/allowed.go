package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// certAuthority is the one option without a value.
const certAuthority = "cert-authority"

// AllowedSigner is a line of an OpenSSH "allowed signers" file.
type AllowedSigner struct {
	// Principals are the patterns for identities, usually e-mail addresses: "*" and "?" stand for
	// anything, and a leading "!" excludes.
	Principals []string
	// Namespaces are the patterns for what the key may sign; nil allows all.
	Namespaces []string
	// Key has everything but a Principal, and an authority's Identities: which of the project's principals
	// has which identities isn't for the file to say. With an authority's key, an identity that the line
	// [AllowedSigner.Allows] must stand in the certificate as well.
	Key Key
}

// Allows says whether the line lets that identity sign for git. It says nothing about the time,
// which is in Key.
func (a AllowedSigner) Allows(identity string) bool {
	return matchPatterns(identity, a.Principals) && (a.Namespaces == nil || matchPatterns(sshNamespace, a.Namespaces))
}

// ParseAllowedSigners reads an OpenSSH "allowed signers" file as ssh-keygen(1), ALLOWED SIGNERS,
// describes it. Messages say source and line, and all bad lines are named at once. Where it differs
// from ssh-keygen it is the stricter:
//
//   - A line that can't be read makes the whole file an error; ssh-keygen passes over it, and whoever
//     wrote the line would think that it counts.
//   - A certificate for a key is an error: ssh-keygen trusts it for ever, whatever its own times say.
//   - Times without a Z, which ssh-keygen reads in the time zone of the machine it runs on, are UTC:
//     the same file must mean the same everywhere.
//   - A day or minute that there is none of is an error, not the one after it; quotes may stand
//     around a field or value, not inside. No option may stand there twice.
//
// "valid-before" includes its second, [Key].Until doesn't, and is set one second later.
func ParseAllowedSigners(data []byte, source string) ([]AllowedSigner, error) {
	if err := foreign(source, data); err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	var signers []AllowedSigner
	var errs []error
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		signer, err := parseAllowedSigner(line)
		signer.Key.Source = fmt.Sprintf("%s:%d", source, i+1)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", signer.Key.Source, err))
		}
		signers = append(signers, signer)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return signers, nil
}

// parseAllowedSigner reads "principals [options] type base64 [comment]".
func parseAllowedSigner(line string) (AllowedSigner, error) {
	var a AllowedSigner
	principals, rest, err := firstField(line)
	if err != nil {
		return a, fmt.Errorf("the principals: %w", err)
	}
	a.Principals = strings.Split(principals, ",")
	if slices.Contains(a.Principals, "") {
		return a, errors.New("the principals: a pattern between commas is empty")
	}
	if end := strings.IndexAny(rest+" ", " \t"); !isSSHKeyType(rest[:end]) {
		if rest, err = a.options(rest); err != nil {
			return a, err
		}
	}
	key, err := readSSH(rest)
	if err != nil {
		return a, err
	}
	a.Key.Kind, a.Key.Data = SSH, key.line()
	if !a.Key.From.IsZero() && !a.Key.Until.IsZero() && !a.Key.From.Add(time.Second).Before(a.Key.Until) {
		return a, errors.New("valid-before isn't after valid-after")
	}
	return a, nil
}

// firstField cuts off a field that ends at a blank, or stands in quotes. What it gives as rest isn't
// blank.
func firstField(line string) (field, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		if field, rest, ok = strings.Cut(quoted, `"`); !ok {
			return "", "", errors.New("a quote isn't closed")
		}
	} else if end := strings.IndexAny(line, " \t"); end >= 0 {
		field, rest = line[:end], line[end:]
	}
	switch after := strings.TrimLeft(rest, " \t"); {
	case after == "":
		return "", "", errors.New("nothing stands after them: want principals, options, type and key")
	case strings.Contains(field, `"`) || after == rest:
		return "", "", errors.New("a quote in the middle of a word")
	default:
		return field, after, nil
	}
}

// options reads a list of options up to the next blank, and gives what stands after it.
func (a *AllowedSigner) options(line string) (rest string, err error) {
	seen := map[string]bool{}
	for {
		end := strings.IndexAny(line, `=, `+"\t")
		if end < 0 {
			end = len(line)
		}
		name, value := line[:end], ""
		line = line[end:]
		if strings.HasPrefix(line, "=") {
			if strings.EqualFold(name, certAuthority) {
				return "", fmt.Errorf("option %q has no value", certAuthority)
			}
			if value, line, err = quotedValue(line[1:]); err != nil {
				return "", fmt.Errorf("option %s: %w", quote(name), err)
			}
		}
		if seen[strings.ToLower(name)] {
			return "", fmt.Errorf("option %s stands there twice", quote(name))
		}
		seen[strings.ToLower(name)] = true
		if err := a.option(name, value); err != nil {
			return "", err
		}
		switch {
		case line == "":
			return "", errors.New("no key stands after the options")
		case line[0] == ',':
			line = line[1:]
		case line[0] == ' ' || line[0] == '\t':
			return strings.TrimLeft(line, " \t"), nil
		default:
			return "", fmt.Errorf("want a comma or a blank after option %s", quote(name))
		}
	}
}

// quotedValue cuts off a value in double quotes, in which \" is a quote.
func quotedValue(line string) (value, rest string, err error) {
	if !strings.HasPrefix(line, `"`) {
		return "", "", errors.New("its value must stand in double quotes")
	}
	var b strings.Builder
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] == '"':
			return b.String(), line[i+1:], nil
		case line[i] == '\\' && strings.HasPrefix(line[i+1:], `"`):
			i++
		}
		b.WriteByte(line[i])
	}
	return "", "", errors.New("a quote isn't closed")
}

func (a *AllowedSigner) option(name, value string) (err error) {
	switch strings.ToLower(name) {
	case "namespaces":
		a.Namespaces = strings.Split(value, ",")
		if slices.Contains(a.Namespaces, "") {
			return errors.New(`option "namespaces": a pattern is empty`)
		}
	case "valid-after":
		a.Key.From, err = allowedTime(value)
	case "valid-before":
		if a.Key.Until, err = allowedTime(value); err == nil {
			a.Key.Until = a.Key.Until.Add(time.Second)
		}
	case certAuthority:
		a.Key.Authority = true
	default:
		return fmt.Errorf("%s is neither an option nor a type of key", quote(name))
	}
	if err != nil {
		return fmt.Errorf("option %q: %w", name, err)
	}
	return nil
}

// allowedTime reads YYYYMMDD[Z] or YYYYMMDDHHMM[SS][Z]; parse_absolute_time in OpenSSH's misc.c takes
// a small z and UTC as well.
func allowedTime(text string) (time.Time, error) {
	digits := strings.ToUpper(text)
	if cut, ok := strings.CutSuffix(digits, "Z"); ok {
		digits = cut
	} else {
		digits = strings.TrimSuffix(digits, "UTC")
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(digits) != len(layout) || strings.Trim(digits, "0123456789") != "" {
			continue
		}
		if t, err := time.Parse(layout, digits); err == nil && t.Unix() > 0 { // as in OpenSSH; and the zero Time is no bound
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s is no time: want YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ", quote(text))
}

// matchPatterns says whether a pattern matches and none that begins with "!" does: ssh_config(5),
// PATTERNS.
func matchPatterns(word string, patterns []string) bool {
	found := false
	for _, pattern := range patterns {
		if excluded, ok := strings.CutPrefix(pattern, "!"); ok {
			if matchPattern(word, excluded) {
				return false
			}
			continue
		}
		found = found || matchPattern(word, pattern)
	}
	return found
}
