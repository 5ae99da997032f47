package policy

// Summary is what an auditor asks first of what was judged: how much of it is signed, by whom, and what is wrong. Each
// commit and each tag counts once, however many refs hold it. Lists have what is most at their beginning.
type Summary struct {
	Commits  Signed  `json:"commits"`
	Tags     Signed  `json:"tags"`
	Findings []Count `json:"findings"` // by code
}

// Signed counts objects by what became of their signatures.
type Signed struct {
	Total    int     `json:"total"`
	Statuses []Count `json:"statuses"` // all of them, by the status of the signature
	Kinds    []Count `json:"kinds"`    // those that are signed, by the kind of the key
	Signers  []Count `json:"signers"`  // those with a good signature, by principal
	// Strangers has those that are signed by a key that nobody in the keyring has, by its fingerprint, or by its
	// key id where an OpenPGP signature has nothing else.
	Strangers []Count `json:"strangers"`
}

// Count is how often something was found.
type Count struct {
	Name  string `json:"name"` // "" for a fingerprint or kind that the signature doesn't tell
	Count int    `json:"count"`
}
