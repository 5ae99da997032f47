package walk

import (
	"regexp"
	"strings"
	"sync"

	"countersign/policy"
)

// Web says who is taken to stand behind a commit that a forge made when somebody pressed a button: history doesn't say
// who that was.
type Web string

const (
	// WebSecond takes the author for the signer and, where the author has never landed anything by themselves, whoever
	// pressed the button for a second person.
	WebSecond Web = "second"
	// WebAuthor takes the author for the signer, alone.
	WebAuthor Web = "author"
	// WebNone takes the forge for the signer: a service, which may sign merges and nothing else.
	WebNone Web = "none"
)

// Webs are the words for all of them, the default first.
func Webs() []string { return []string{string(WebSecond), string(WebAuthor), string(WebNone)} }

// forges are the addresses that forges write into the committer line of what their buttons make, with the name of the
// forge. People have other addresses there, such as ID+NAME@users.noreply.github.com.
var forges = map[string]string{
	"noreply@github.com":    "github",   // GitHub's web-flow
	"noreply@gitlab.com":    "gitlab",   // GitLab.com, where it signs for its web interface
	"noreply@codeberg.org":  "codeberg", // Codeberg's own
	"noreply@forgejo.org":   "forgejo",
	"noreply@gitea.com":     "gitea",
	"noreply@gitea.io":      "gitea",
	"teabot@gitea.io":       "gitea", // the signer of Gitea's configuration examples
	"gitea@fake.local":      "gitea", // the default of Gitea's [repository.signing]
	"noreply@bitbucket.org": "bitbucket",
	"noreply@sourcehut.org": "sourcehut",
}

// signer gives the address of whoever is taken for the signer of a commit, once it is known whether a forge made it.
func (cl *Claims) signer(c *policy.Commit) string {
	if c.Forge != "" && cl.Web != WebNone {
		return c.Author.Email
	}
	return c.Committer.Email
}

// web notes of a commit that a forge made it, and whom that says to stand behind it second.
func (cl *Claims) web(c *policy.Commit) {
	c.Forge = forges[strings.ToLower(c.Committer.Email)]
	if c.Forge == "" || cl.Web != WebSecond || len(c.Parents) != 1 {
		return
	}
	if fromRequest(c) && !cl.landed[strings.ToLower(c.Author.Email)] {
		c.Second = policy.Presser
	}
}

// request is how forges end the title of what they made of a pull request: GitHub and Gitea with its number.
var request = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\([#!][0-9]+\)$`) })

// fromRequest says whether a commit with one parent came from a pull request. Else somebody edited a file on the
// forge's pages, which takes the right to push.
func fromRequest(c *policy.Commit) bool { return request().MatchString(strings.TrimSpace(c.Subject)) }

// lands notes who has the right to land, by a landing commit: whoever made it, or merged by a button.
func (cl *Claims) lands(c *policy.Commit) {
	if c.Forge != "" && len(c.Parents) == 1 && fromRequest(c) {
		return // anybody's button may have made it
	}
	if cl.landed == nil {
		cl.landed = make(map[string]bool)
	}
	who := c.Committer.Email
	if c.Forge != "" {
		who = c.Author.Email
	}
	cl.landed[strings.ToLower(who)] = true
}
