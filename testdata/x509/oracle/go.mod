module oracle

go 1.26.0

require (
	github.com/github/smimesign v0.2.0
	github.com/sigstore/gitsign v0.17.1
	github.com/sigstore/protobuf-specs v0.5.1
	github.com/sigstore/sigstore-go v1.2.2
	google.golang.org/protobuf v1.36.11
)
