package verify

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// oidLogEntry is gitsign's unsigned attribute with a TransparencyLogEntry (internal/rekor/oid).
const oidLogEntry = "1.3.6.1.4.1.57264.3.1"

// draftLogEntry says whether an attribute is of the form that gitsign's proofs had before they became
// one message: one attribute for each field, of which the first has the number that the message has.
func draftLogEntry(oid string) bool {
	n, ok := strings.CutPrefix(oid, "1.3.6.1.4.1.57264.3.")
	return ok && len(n) == 1 && n <= "8"
}

// logEntry is an entry of Rekor's and what proves that it is in the log.
type logEntry struct {
	body       []byte // what was logged
	logID      []byte
	index      int64     // in all of the log, which has several trees
	integrated time.Time // when it came into the log: its word for when the signature was there
	promise    []byte    // the log's signature over the four above

	treeIndex, treeSize int64
	root                []byte
	path                [][]byte
	checkpoint          string // the log's signature over treeSize and root
}

// hashedRekord gives the body that gitsign has Rekor log: its canonical JSON (RFC 8785) of a
// hashedrekord about the signed attributes, the signature over them, and the certificate. Whoever
// proves that these bytes are in the log proves it of this signature and no other.
func hashedRekord(s *cmsSignature, leaf *x509.Certificate) []byte {
	sum := sha256.Sum256(s.attributes)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	return fmt.Appendf(nil, `{"apiVersion":"0.0.1","kind":"hashedrekord",`+
		`"spec":{"data":{"hash":{"algorithm":"sha256","value":"%x"}},`+
		`"signature":{"content":"%s","publicKey":{"content":"%s"}}}}`,
		sum, base64.StdEncoding.EncodeToString(s.signature), base64.StdEncoding.EncodeToString(certificate))
}

// checkEntry wants all of it: the log's promise, which alone has the time; and the path to a root of
// the tree that the log signed.
func (i *sigstoreInstance) checkEntry(e *logEntry) error {
	if len(e.logID) != sha256.Size {
		return errors.New("the proof from the transparency log is malformed")
	}
	log := i.logs[[sha256.Size]byte(e.logID)]
	if log == nil {
		return refuse(Unknown, "the proof is of the transparency log %.16x, which the trusted root doesn't name", e.logID)
	}
	promised := fmt.Appendf(nil, `{"body":"%s","integratedTime":%d,"logID":"%x","logIndex":%d}`,
		base64.StdEncoding.EncodeToString(e.body), e.integrated.Unix(), e.logID, e.index)
	if !log.signed(promised, e.promise) {
		return refuse(Bad, "the transparency log didn't promise an entry for this signature, this certificate and this time")
	}
	if !log.validIn.contains(e.integrated) {
		return refuse(Expired, "the transparency log wasn't in use on %s, when it says it logged the signature",
			moment(e.integrated))
	}
	proof := make(tlog.RecordProof, len(e.path))
	for n, hash := range e.path {
		if len(hash) != tlog.HashSize {
			return errors.New("the proof from the transparency log is malformed")
		}
		proof[n] = tlog.Hash(hash)
	}
	if len(e.root) != tlog.HashSize || tlog.CheckRecord(proof, e.treeSize, tlog.Hash(e.root), e.treeIndex,
		tlog.RecordHash(e.body)) != nil {
		return refuse(Bad, "the proof from the transparency log doesn't lead from this signature to the log's root")
	}
	return log.checkCheckpoint(e)
}

// checkCheckpoint checks that the log signed the root, as a note whose first three lines are the
// tree's name, its size and its root: C2SP's tlog-checkpoint, which came of Rekor's.
func (l *transparencyLog) checkCheckpoint(e *logEntry) error {
	signed, err := note.Open([]byte(e.checkpoint), checkpointKey{log: l})
	if err != nil {
		return refuse(Bad, "the transparency log didn't sign the root that the proof leads to")
	}
	// Package note would pass over bits of the base64 that say nothing.
	if _, err := base64.StdEncoding.Strict().DecodeString(signed.Sigs[0].Base64); err != nil {
		return errors.New("the proof from the transparency log is malformed")
	}
	lines := strings.SplitN(signed.Text, "\n", 4)
	// The tree's name begins with the name that the log signs by, so that this is signed too.
	if by := signed.Sigs[0].Name; lines[0] != by && !strings.HasPrefix(lines[0], by+" - ") {
		return refuse(Bad, "the root that the transparency log signed is another log's")
	}
	if len(lines) != 4 || lines[1] != strconv.FormatInt(e.treeSize, 10) ||
		lines[2] != base64.StdEncoding.EncodeToString(e.root) {
		return refuse(Bad, "the root that the transparency log signed isn't the one that the proof leads to")
	}
	return nil
}

// checkpointKey is a log's key for package note. A note names it as whoever runs the log likes, and by
// the first four bytes of the log's id.
type checkpointKey struct {
	log  *transparencyLog
	name string
}

func (k checkpointKey) Verifier(name string, hash uint32) (note.Verifier, error) {
	if hash != k.KeyHash() {
		return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
	}
	return checkpointKey{k.log, name}, nil
}

func (k checkpointKey) Name() string                      { return k.name }
func (k checkpointKey) KeyHash() uint32                   { return binary.BigEndian.Uint32(k.log.id[:]) }
func (k checkpointKey) Verify(msg, signature []byte) bool { return k.log.signed(msg, signature) }

// readLogEntry reads gitsign's proof: message TransparencyLogEntry of sigstore_rekor.proto, in which
// the body isn't said again.
func readLogEntry(message []byte, body []byte) (*logEntry, error) {
	e := &logEntry{body: body}
	var kind, version string
	var key, promise, proof []byte
	err := readMessage(message, 0, func(field int, number int64, octets []byte) bool {
		switch {
		case field == 1 && octets == nil:
			e.index = number
		case field == 2 && octets != nil:
			key = octets
		case field == 3 && octets != nil:
			return readMessage(octets, 0, func(field int, _ int64, octets []byte) bool {
				switch {
				case field == 1 && octets != nil:
					kind = string(octets)
				case field == 2 && octets != nil:
					version = string(octets)
				default:
					return false
				}
				return true
			}) == nil
		case field == 4 && octets == nil:
			e.integrated = time.Unix(number, 0).UTC()
		case field == 5 && octets != nil:
			promise = octets
		case field == 6 && octets != nil:
			proof = octets
		default:
			return false
		}
		return true
	})
	if err == nil {
		err = e.readParts(key, promise, proof)
	}
	switch {
	case err != nil:
		return nil, err
	case kind != "hashedrekord" || version != "0.0.1":
		return nil, refuse(Unsupported, "the proof is of an entry of the kind %s %s in the transparency log; hashedrekord "+
			"0.0.1 is known", quote(kind), quote(version))
	default:
		return e, nil
	}
}

// readParts reads messages LogId, InclusionPromise and InclusionProof.
func (e *logEntry) readParts(key, promise, proof []byte) error {
	err := readMessage(key, 0, func(field int, _ int64, octets []byte) bool {
		e.logID = octets
		return field == 1 && octets != nil
	})
	if err != nil {
		return err
	}
	err = readMessage(promise, 0, func(field int, _ int64, octets []byte) bool {
		e.promise = octets
		return field == 1 && octets != nil
	})
	if err != nil {
		return err
	}
	return readMessage(proof, 4, func(field int, number int64, octets []byte) bool {
		switch {
		case field == 1 && octets == nil:
			e.treeIndex = number
		case field == 2 && octets != nil:
			e.root = octets
		case field == 3 && octets == nil:
			e.treeSize = number
		case field == 4 && octets != nil:
			e.path = append(e.path, octets)
		case field == 5 && octets != nil:
			return readMessage(octets, 0, func(field int, _ int64, octets []byte) bool {
				e.checkpoint = string(octets)
				return field == 1 && octets != nil
			}) == nil
		default:
			return false
		}
		return true
	})
}

// readMessage reads the fields of a protobuf message in the order of their numbers, as all programs
// write them and none has to: a number (octets is nil) or a string of octets each, of which only the
// repeated field may stand there several times.
func readMessage(message []byte, repeated int, take func(field int, number int64, octets []byte) bool) error {
	malformed := errors.New("the proof from the transparency log is malformed")
	const varint, lengthDelimited = 0, 2
	last := 0
	for len(message) > 0 {
		key, rest, ok := readVarint(message)
		if !ok || key>>3 == 0 || key>>3 > 15 {
			return malformed
		}
		field, number, octets := int(key>>3), uint64(0), []byte(nil)
		if number, rest, ok = readVarint(rest); !ok {
			return malformed
		}
		switch key & 7 {
		case varint:
			if int64(number) < 0 {
				return malformed
			}
		case lengthDelimited:
			if number > uint64(len(rest)) {
				return malformed
			}
			octets, rest = rest[:number:number], rest[number:]
		default:
			return malformed
		}
		if field < last || field == last && field != repeated || !take(field, int64(number), octets) {
			return malformed
		}
		message, last = rest, field
	}
	return nil
}

// readVarint takes only the shortest form.
func readVarint(message []byte) (number uint64, rest []byte, ok bool) {
	number, n := binary.Uvarint(message)
	if n <= 0 || n > 1 && message[n-1] == 0 {
		return 0, nil, false
	}
	return number, message[n:], true
}
