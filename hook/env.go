package hook

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/gate"
	"countersign/gate/record"
	"countersign/history"
)

// Environment is what surrounds a hook.
type Environment struct {
	// Getenv looks up a variable; nil means that none is set.
	Getenv func(string) string
	// PusherFrom is the kind of server, one of [Kinds], that says who pushes. It is fixed at
	// installation: many a pusher can set variables of their own. "" is "none".
	PusherFrom string
	// Now is the time at which the push is received.
	Now time.Time
}

// server says which variables a kind of server sets, for whom it has authenticated.
type server struct {
	kind    string
	names   []string // the first that is set gives the pusher's name
	address string   // its first word is the client's address
}

// servers lists the kinds. Variables: gitolite's "non-core" documentation, Gitea's
// modules/repository/env.go, GitLab's "Git server hooks", git-http-backend(1) with RFC 3875 §4.1,
// and ssh(1).
var servers = []server{
	{kind: "none"},
	{kind: "gitolite", names: []string{"GL_USER"}, address: "SSH_CONNECTION"},
	{kind: "gitea", names: []string{"GITEA_PUSHER_NAME"}},
	{kind: "gitlab", names: []string{"GL_USERNAME", "GL_ID"}},
	{kind: "http", names: []string{"REMOTE_USER"}, address: "REMOTE_ADDR"},
	{kind: "ssh", address: "SSH_CONNECTION"},
}

// Kinds lists what [Environment].PusherFrom may be.
func Kinds() []string {
	kinds := make([]string, len(servers))
	for i, s := range servers {
		kinds[i] = s.kind
	}
	return kinds
}

// Bounds on what a request carries for the record.
const (
	maxName    = 256 // bytes of a pusher's name
	maxOptions = 100
)

func (e Environment) lookup(name string) string {
	if e.Getenv == nil {
		return ""
	}
	return e.Getenv(name)
}

// request completes a request with what the environment says.
func (e Environment) request(updates []history.RefUpdate) (gate.Request, error) {
	if name := e.lookup("GIT_NAMESPACE"); name != "" {
		// gitnamespaces(7): the refs that move have other names than those that a hook is told.
		return gate.Request{}, fmt.Errorf("the repository is served in the Git namespace %.80q, which isn't supported: "+
			"serve each as a repository of its own", name)
	}
	pusher, err := e.pusher()
	if err != nil {
		return gate.Request{}, err
	}
	options, err := e.options()
	if err != nil {
		return gate.Request{}, err
	}
	certificate, err := e.certificate()
	if err != nil {
		return gate.Request{}, err
	}
	return gate.Request{Updates: updates, Pusher: pusher, Options: options, Certificate: certificate, Received: e.Now}, nil
}

// certificate reads what git-receive-pack(1), Pre-receive Hook, says of a push certificate. Git has checked
// its signature too, by its own configuration; who signed it is for the gate to say.
func (e Environment) certificate() (*gate.Certificate, error) {
	blob := e.lookup("GIT_PUSH_CERT")
	if blob == "" {
		return nil, nil
	}
	id, err := history.ParseID(blob)
	if err != nil {
		return nil, fmt.Errorf("GIT_PUSH_CERT: %w", err)
	}
	return &gate.Certificate{
		Blob: id, Nonce: e.lookup("GIT_PUSH_CERT_NONCE"), NonceStatus: e.lookup("GIT_PUSH_CERT_NONCE_STATUS"),
	}, nil
}

func (e Environment) pusher() (record.Pusher, error) {
	kind := e.PusherFrom
	if kind == "" {
		kind = "none"
	}
	i := slices.IndexFunc(servers, func(s server) bool { return s.kind == kind })
	if i < 0 {
		return record.Pusher{}, fmt.Errorf("unknown kind of server %q to say who pushes: want one of %s",
			kind, strings.Join(Kinds(), ", "))
	}
	var p record.Pusher
	if of := servers[i].address; of != "" {
		word, _, _ := strings.Cut(e.lookup(of), " ")
		if addr, err := netip.ParseAddr(word); err == nil {
			p.Address, p.Source = addr.String(), of
		}
	}
	for _, of := range servers[i].names {
		if name := e.lookup(of); name != "" {
			if len(name) > maxName {
				return record.Pusher{}, fmt.Errorf("%s is %d bytes long: %d are allowed", of, len(name), maxName)
			}
			p.Name, p.Source = name, of
			break
		}
	}
	return p, nil
}

// options reads the push options (githooks(5), pre-receive: GIT_PUSH_OPTION_COUNT, and
// GIT_PUSH_OPTION_0 and so on). An option may be empty.
func (e Environment) options() ([]string, error) {
	count := e.lookup("GIT_PUSH_OPTION_COUNT")
	if count == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || strconv.Itoa(n) != count {
		return nil, fmt.Errorf("GIT_PUSH_OPTION_COUNT is %.20q: want a number", count)
	}
	if n > maxOptions {
		return nil, fmt.Errorf("%d push options: %d are allowed", n, maxOptions)
	}
	options := make([]string, n)
	for i := range options {
		options[i] = e.lookup("GIT_PUSH_OPTION_" + strconv.Itoa(i))
	}
	return options, nil
}
