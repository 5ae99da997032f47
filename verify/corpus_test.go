package verify

import "countersign/verify/internal/corpus"

// The signed objects that the tests judge; testdata has a README in each folder.
const (
	openpgpCorpus corpus.Folder = "../testdata/openpgp"
	sshCorpus     corpus.Folder = "../testdata/ssh"
	x509Corpus    corpus.Folder = "../testdata/x509"
)
