package verify

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxSignature bounds a signature's armor. The largest real one seen was 3.3 KB.
const maxSignature = 64 << 10

const (
	kindOpenPGPSignature = "PGP SIGNATURE"
	kindSSHSignature     = "SSH SIGNATURE"
)

// oneArmorBlock decodes a signature that is exactly one armor block of the kind given, such as
// "PGP SIGNATURE", and nothing else but newlines after it (the web forges write two). Whatever
// stands around a block isn't covered by the signature in it, and two programs may read it in two
// ways; so everything that isn't plainly one block is an error, and means [Malformed]. Lines end in LF or,
// but for SSH's, all of them in CR LF.
//
// The forms are RFC 9580 §6.2 and OpenSSH's PROTOCOL.sshsig, which has no headers and no checksum.
// RFC 9580 §6.1 wants a wrong checksum to be ignored; gpg, and so Git, refuses it, and so does this.
func oneArmorBlock(signature []byte, kind string) ([]byte, error) {
	if len(signature) > maxSignature {
		return nil, fmt.Errorf("the signature has %d bytes, the limit is %d", len(signature), maxSignature)
	}
	if kind != kindSSHSignature {
		signature = withoutCR(signature)
	}
	if i := bytes.IndexFunc(signature, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }); i >= 0 {
		return nil, fmt.Errorf("the signature's armor has the control character 0x%02x in it", signature[i])
	}
	text, ok := strings.CutPrefix(string(signature), "-----BEGIN "+kind+"-----\n")
	if !ok {
		return nil, fmt.Errorf("the signature doesn't begin with -----BEGIN %s-----", kind)
	}
	text, rest, ok := strings.Cut(text, "-----END "+kind+"-----")
	if !ok || !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("the signature has no line -----END %s-----", kind)
	}
	if rest = strings.TrimLeft(rest, "\n"); rest != "" {
		return nil, trailing(rest, kind)
	}
	lines := strings.Split(text, "\n")
	lines = lines[:len(lines)-1]
	if kind != kindOpenPGPSignature {
		return decodeLines(lines)
	}
	return decodeArmor(lines)
}

// withoutCR gives an armor whose lines all end in CR LF, as RFC 9580 §6.2 allows and gpg and gpgsm take them, with
// those lines ending in LF. ssh-keygen wants LF. Any other is given as it is, and refused for its CR: where some
// lines end so and some don't, somebody changed it. The last line of a commit's header has no LF of its own.
func withoutCR(signature []byte) []byte {
	if bytes.IndexByte(signature, '\r') < 0 {
		return signature
	}
	whole := slices.Concat(signature, []byte("\n"))
	if bytes.HasSuffix(signature, []byte("\n")) {
		whole = signature
	}
	if n := bytes.Count(whole, []byte("\n")); n != bytes.Count(whole, []byte("\r\n")) ||
		n != bytes.Count(whole, []byte("\r")) {
		return signature
	}
	return bytes.ReplaceAll(whole, []byte("\r\n"), []byte("\n"))
}

// trailing says what follows a block that should have been the last.
func trailing(rest, kind string) error {
	switch {
	case strings.HasPrefix(rest, "-----BEGIN "+kind):
		return errors.New("after the signature's armor stands a second signature")
	case strings.HasPrefix(rest, beginTimestamp):
		return refuseUntil("sign with a program that adds no proof: git config gpg.program gpg", Malformed,
			"after the signature's armor stands an OpenTimestamps proof, which nobody signed; "+
				`the policy takes it with signatures.trailing = "opentimestamps"`)
	default:
		return errors.New("after the signature's armor stands something else, which nobody signed")
	}
}

// The lines around a proof of OpenTimestamps, as its ots-git-gpg-wrapper writes them.
const (
	beginTimestamp = "-----BEGIN OPENTIMESTAMPS GIT TIMESTAMP-----\n"
	endTimestamp   = "\n-----END OPENTIMESTAMPS GIT TIMESTAMP-----"
)

// withoutTimestamp gives a signature without the one OpenTimestamps proof that follows it. What isn't just that, an
// empty line and base64 between its lines, is left where it stands, and refused.
func withoutTimestamp(signature []byte) []byte {
	armor, proof, ok := strings.Cut(string(signature), "\n"+beginTimestamp)
	if !ok || len(signature) > maxSignature {
		return signature
	}
	proof, ok = strings.CutSuffix(strings.TrimRight(proof, "\n"), endTimestamp)
	lines := strings.Split(proof, "\n")
	if !ok || len(lines) < 2 || lines[0] != "" {
		return signature
	}
	if _, err := decodeLines(lines[1:]); err != nil {
		return signature
	}
	return []byte(armor + "\n")
}

// decodeArmor decodes the lines between an OpenPGP block's first and last line: headers, an empty
// line, base64, and a checksum, which may be absent.
func decodeArmor(lines []string) ([]byte, error) {
	for len(lines) > 0 && lines[0] != "" {
		if !strings.Contains(lines[0], ":") {
			return nil, errors.New("the armor has no empty line between its headers and its data")
		}
		lines = lines[1:]
	}
	if len(lines) < 2 {
		return nil, errors.New("the armor is empty")
	}
	lines = lines[1:]
	sum, ok := strings.CutPrefix(lines[len(lines)-1], "=")
	if !ok || len(sum) != 4 {
		return decodeLines(lines)
	}
	body, err := decodeLines(lines[:len(lines)-1])
	if err != nil {
		return nil, err
	}
	if sum != base64.StdEncoding.EncodeToString(crc24(body)) {
		return nil, errors.New("the armor's checksum is wrong: it was damaged or changed")
	}
	return body, nil
}

// decodeLines takes only the one way to write bytes in base64, in lines of any length.
func decodeLines(lines []string) ([]byte, error) {
	if slices.Contains(lines, "") {
		return nil, errors.New("an empty line stands in the armor's data")
	}
	body, err := base64.StdEncoding.Strict().DecodeString(strings.Join(lines, ""))
	if err != nil {
		return nil, fmt.Errorf("the armor isn't base64: %w", err)
	}
	return body, nil
}

// crc24 is the checksum of RFC 9580 §6.1.1.
func crc24(data []byte) []byte {
	sum := uint32(0xb704ce)
	for _, b := range data {
		sum = sum<<8 ^ crc24Table[byte(sum>>16)^b]
	}
	return []byte{byte(sum >> 16), byte(sum >> 8), byte(sum)}
}

// crc24Table is what each octet does to a sum. Bit by bit, the checksums would take most of the time in which
// a keyring is read.
var crc24Table = func() (table [256]uint32) {
	for i := range table {
		sum := uint32(i) << 16
		for range 8 {
			sum <<= 1
			if sum&0x1000000 != 0 {
				sum ^= 0x1864cfb
			}
		}
		table[i] = sum
	}
	return table
}()

// armorBlock is one block of a file that may hold several, with text around them.
type armorBlock struct {
	kind string // "PGP PUBLIC KEY BLOCK"
	line int    // where it begins, counted from 1
	body []byte
}

// armorBlocks finds all blocks of a key file. A key file is the project's own, so it is read as
// tolerantly as gpg reads it: text between blocks, any headers, CRLF, blanks at line ends.
func armorBlocks(file []byte) ([]armorBlock, error) {
	var blocks []armorBlock
	var open *armorBlock
	var lines []string
	for i, line := range strings.Split(string(file), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case open == nil:
			kind, ok := strings.CutPrefix(line, "-----BEGIN ")
			if kind, end := strings.CutSuffix(kind, "-----"); ok && end && strings.HasPrefix(kind, "PGP ") {
				open, lines = &armorBlock{kind: kind, line: i + 1}, nil
			}
		case line == "-----END "+open.kind+"-----":
			body, err := decodeArmor(dropBlankLines(lines))
			if err != nil {
				return nil, fmt.Errorf("the block at line %d: %w", open.line, err)
			}
			open.body = body
			blocks = append(blocks, *open)
			open = nil
		default:
			lines = append(lines, line)
		}
	}
	if open != nil {
		return nil, fmt.Errorf("the block at line %d has no line -----END %s-----", open.line, open.kind)
	}
	return blocks, nil
}

// dropBlankLines drops the empty lines in the data, which some mail programs leave.
func dropBlankLines(lines []string) []string {
	headers := slices.Index(lines, "") + 1
	return append(lines[:headers], slices.DeleteFunc(lines[headers:], func(line string) bool { return line == "" })...)
}
