package hook

import (
	"crypto/sha256"
	"encoding/base64"
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
	// Account is the user of the system that the hook runs as, "" where that isn't known. Over ssh it says who pushes.
	Account string
	// Owner says that Account owns the repository. It may then be an account that everybody logs in to, and a variable
	// says more. Of others it says nothing: who logs in to an account of their own sets variables there.
	Owner bool
	// Login is how they logged in: the text of the file that SSH_USER_AUTH names, "" for none.
	Login string
	// Now is the time at which the push is received.
	Now time.Time
}

// SSH is the kind of server where people log in by ssh.
const SSH = "ssh"

// forcedName is set by the command that a key is bound to (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
const forcedName = "COUNTERSIGN_USER"

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
	{kind: SSH, names: []string{forcedName}, address: "SSH_CONNECTION"},
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
	if kind == SSH && !e.Owner {
		e.Getenv, e.Login = nil, ""
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
			return p, nil
		}
	}
	if kind == SSH {
		p.Key = loginKey(e.Login)
		switch {
		case p.Key != "": // whose it is the keyring says
			p.Source = "SSH_USER_AUTH"
		case e.Account != "":
			p.Name, p.Source = e.Account, "account"
		}
	}
	return p, nil
}

// loginKey gives the fingerprint of the key that sshd let somebody in by, as ssh-keygen -l prints it; "" for none. Of
// sshd_config(5), ExposeAuthInfo, that is the line "publickey TYPE BASE64". A certificate's isn't looked for: it isn't
// the fingerprint of a key.
func loginKey(login string) string {
	for line := range strings.Lines(login) {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "publickey" || strings.Contains(words[1], "-cert-") {
			continue
		}
		if blob, err := base64.StdEncoding.DecodeString(words[2]); err == nil {
			sum := sha256.Sum256(blob)
			return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
		}
	}
	return ""
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
		return nil, fmt.Errorf("%d push options, %d are allowed: push again with fewer (git push -o)", n, maxOptions)
	}
	options := make([]string, n)
	for i := range options {
		options[i] = e.lookup("GIT_PUSH_OPTION_" + strconv.Itoa(i))
	}
	return options, nil
}
