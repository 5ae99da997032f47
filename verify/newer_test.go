package verify

import "strings"

// The tables state what the programs of Debian 12 say: git 2.39, gpg 2.2.40, OpenSSH 9.2. Newer ones say some of it
// otherwise. Our own verdict depends on none of them.

// newer has what newer releases say, by case. The verdict that is stated is right as well: releases differ.
var newer = map[string]string{
	// git, since some release between 2.47 and 2.55.
	"git: expired since":                                       "good",
	"git: expired since, minimal export":                       "good",
	"git: signed after the end":                                "good",
	"git: expired and revoked as compromised":                  "good",
	"git: subkey expired since":                                "good",
	"git: subkey, signed after its end":                        "good",
	"git: primary key ended, subkey not, signed after the end": "good",
	// ssh-keygen since OpenSSH 10, and git with it.
	"git: CRLF":        "good",
	"ssh-keygen: CRLF": "good",
	// gpg 2.4 finds the revocation that 2.2 passes over.
	"gpg: after another's key":               "REVKEYSIG",
	"gpg: given twice, as in joined exports": "REVKEYSIG",
	// Releases differ, and no two need to agree.
	"gpg: no self-signature":                           whatever,
	"gpg: self-signature by somebody else in its name": whatever,
}

// whatever stands for any verdict.
const whatever = "any"

// says tells whether a program's verdict is the one that is stated for it, or a newer release's.
func says(got, want, program, name string) bool {
	later := newer[program+": "+name]
	return unchecked(got) == unchecked(want) || later == got || later == whatever
}

// unchecked takes two words of gpg for one: it says ERRSIG of every signature that it can't check, and releases differ
// in when they add NO_PUBKEY.
func unchecked(verdict string) string { return strings.Replace(verdict, "NO_PUBKEY", "ERRSIG", 1) }
