package verify

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// rekorEntry is an entry in an answer of Rekor's: LogEntry in its openapi.yaml.
type rekorEntry struct {
	Body           string `json:"body"`
	IntegratedTime int64  `json:"integratedTime"`
	LogID          string `json:"logID"`
	LogIndex       int64  `json:"logIndex"`
	Verification   struct {
		SignedEntryTimestamp []byte `json:"signedEntryTimestamp"`
		InclusionProof       struct {
			LogIndex   int64    `json:"logIndex"`
			RootHash   string   `json:"rootHash"`
			TreeSize   int64    `json:"treeSize"`
			Hashes     []string `json:"hashes"`
			Checkpoint string   `json:"checkpoint"`
		} `json:"inclusionProof"`
	} `json:"verification"`
}

// askForEntry asks the log for the entry of exactly this signature. Whoever answers can keep the proof
// back and nothing else: it is checked like one that stands in the signature.
//
// gitsign in its online mode logs something else, a signature over the commit's id, which can be
// found only by a search; such entries aren't found here.
func (t *x509Trust) askForEntry(instance *sigstoreInstance, body []byte) (time.Time, error) {
	if t.settings.Entry == nil {
		return time.Time{}, refuse(Unsupported, "the signature has no proof from the transparency log, and there is no log "+
			"to ask")
	}
	answer, err := t.settings.Entry(fmt.Appendf(nil, `{"entries":[%s]}`, body))
	if err != nil {
		return time.Time{}, refuse(Unsupported, "%s", err)
	}
	var list []map[string]rekorEntry
	if err := json.Unmarshal(answer, &list); err != nil {
		return time.Time{}, refuse(Unsupported, "the transparency log's answer isn't a list of entries")
	}
	last := refuseUntil(wayToProof, Unsupported, "the transparency log has no entry for the signature")
	for _, entries := range list {
		for _, from := range entries {
			e, err := from.entry(body)
			if err == nil {
				err = instance.checkEntry(e)
			}
			if err == nil {
				return e.integrated, nil
			}
			last = err
		}
	}
	return time.Time{}, last
}

// entry reads an entry, which must be the one that was asked for.
func (r *rekorEntry) entry(body []byte) (*logEntry, error) {
	malformed := errors.New("the transparency log's answer is malformed")
	proof := &r.Verification.InclusionProof
	if r.Body != base64.StdEncoding.EncodeToString(body) {
		return nil, refuse(Bad, "the transparency log answered with an entry for another signature")
	}
	e := &logEntry{
		body: body, index: r.LogIndex, integrated: time.Unix(r.IntegratedTime, 0).UTC(),
		promise:   r.Verification.SignedEntryTimestamp,
		treeIndex: proof.LogIndex, treeSize: proof.TreeSize, checkpoint: proof.Checkpoint,
	}
	var errs [2]error
	e.logID, errs[0] = hex.DecodeString(r.LogID)
	e.root, errs[1] = hex.DecodeString(proof.RootHash)
	if errs[0] != nil || errs[1] != nil {
		return nil, malformed
	}
	for _, text := range proof.Hashes {
		hash, err := hex.DecodeString(text)
		if err != nil {
			return nil, malformed
		}
		e.path = append(e.path, hash)
	}
	return e, nil
}
