package history

import (
	"context"
	"iter"
)

// Mode is a tree entry's mode as Git stores it. The zero Mode means there is no entry.
type Mode uint32

// The modes Git writes. The mode 100664 of old trees is read as ModeFile, as Git does.
const (
	ModeAbsent    Mode = 0
	ModeTree      Mode = 0o040000
	ModeFile      Mode = 0o100644
	ModeExec      Mode = 0o100755
	ModeSymlink   Mode = 0o120000
	ModeSubmodule Mode = 0o160000
)

// Identity is a claim: the author, committer or tagger line of an object. When is in seconds since
// 1970 UTC; Zone is the offset as written, such as "+0200".
type Identity struct {
	Name, Email string
	When        int64
	Zone        string
}

// Commit is a parsed commit object. Everything in it is a claim until a signature over Payload is
// verified. Payload is Raw without the signature header, byte for byte; Signature is nil where the
// commit has none. Slices may alias Raw and must not be changed.
type Commit struct {
	ID        ID
	Tree      ID
	Parents   []ID
	Author    Identity
	Committer Identity
	Message   []byte
	Raw       []byte
	Payload   []byte
	Signature []byte
	MergeTags []Tag // tags embedded by a merge of a signed tag; never the commit's signature
}

// Tag is a parsed annotated tag object. Payload and Signature are as in [Commit].
type Tag struct {
	ID         ID
	Target     ID
	TargetType string // "commit", "tag", "tree" or "blob"
	Name       string
	Tagger     Identity
	Message    []byte
	Raw        []byte
	Payload    []byte
	Signature  []byte
}

// Side is one side of a change. The zero Side means there is no entry.
type Side struct {
	Mode Mode
	ID   ID
}

// IsBlob says whether a blob stands on this side: a file or a symbolic link.
func (s Side) IsBlob() bool {
	return s.Mode == ModeFile || s.Mode == ModeExec || s.Mode == ModeSymlink
}

// Change is one path that a commit changed. Old has one side a parent. Size is that of New's blob, and Traits is what
// the Inspect function of [Options] said of the change. A rename is two changes. Merged says of a merge's change that
// two parents changed the file, and that it is what a three-way merge of their lines gives.
type Change struct {
	Path   string // raw bytes as stored, slash-separated, never quoted
	Old    []Side
	New    Side
	Size   int64
	Traits uint32
	Merged bool
	// Look gives the traits of a change that was looked at briefly as [Options].Inspect gives them without Brief. It
	// reads the blobs again, and may be called by several goroutines until the reader is closed. It is nil for others.
	Look func() (uint32, error)
}

// Was is what stood there in the first parent that has something else.
func (c *Change) Was() Side {
	for _, old := range c.Old {
		if old != c.New {
			return old
		}
	}
	return c.Old[0]
}

// Landed is a blob that a change leaves behind, and what stood there. Of each blob it has the first Limits.Inspect
// bytes.
type Landed struct {
	Path   string
	Before [][]byte // the blobs at that path in each parent that a change was compared with and that has one
	Head   []byte
	Size   int64 // of all of it
	Merged bool  // of a merge's change: see [Change]
	// Alone says that what stood there wasn't read, since the range is only counted.
	Alone bool
	// Missing says that the blob isn't here, so that nothing is known of it; see [Range], Unseen.
	Missing bool
	// Brief says what [Options].Brief did of the path.
	Brief bool
}

// Entry is a commit with what it changed.
//
// The changes of a commit with at most one parent are the difference to that parent (or to the
// empty tree). Those of a merge are what it holds at a path that neither one side's change of that very path explains
// nor a three-way merge of both sides' lines: what it adds, what it prefers, what it undoes, what came from another
// path, and how it settles conflicts. A file that such a merge of lines made anew is among them, marked as Merged.
// Where a range is only counted, and without Merges, the changes of a merge are the paths that differ from every
// parent.
type Entry struct {
	Commit
	Changes []Change
	// Watched is the object called [Options].Watch at the top of the commit's tree, a folder or whatever it is; zero
	// for none, and in a range that is only counted.
	Watched ID
	// Malformed says what is wrong with a commit, or a folder of it, that isn't written as Git writes it. It is
	// nil for all others; see [Range], Counted and Landed. Of a malformed commit only the id and the parents may be
	// relied on, and its changes may be missing.
	Malformed error
}

// Landing is a commit on a ref's first-parent line and the commits it brought in, parents before
// children; the landing commit is not among Brought. All of them arrive complete.
type Landing struct {
	Commit  Entry
	Brought []Entry
}

// Range names commits: those reachable from Tip and not from any of Not.
type Range struct {
	Tip ID
	Not []ID
	// Counted says that nothing is judged here, only counted toward tenure or in a backtest: a reader then
	// compares no merge with what its parents changed, unless Merges is set, and may leave out checking the grammar of
	// trees, which costs as much as all the rest. Old histories hold odd objects: a malformed commit is then one that
	// says nothing of who made it and when.
	Counted bool
	// Merges says that merges are compared as where they are judged, although the range is only counted.
	Merges bool
	// Landed says that the range was let in before: a malformed commit is then given as one, and doesn't end
	// the reading. See [Entry].
	Landed bool
	// Bare says that only the commits are wanted, without what they change: no tree is read.
	Bare bool
	// Unseen says that blobs may be missing, as in a partial clone (git-clone(1), --filter): Inspect is told so, and the
	// reading goes on. What isn't here explains no merge.
	Unseen bool
	// Found, unless it is nil, is told how many commits the range has, before the first of them is given.
	Found func(commits int)
}

// Limits bound what reading may cost. Zero means the default, in the comment.
type Limits struct {
	Commits int   // new commits in one range; 100,000
	Object  int64 // bytes of an object that is read whole: a commit, a tag, a file of a Folder; 1 MiB
	Changes int   // changed paths of one commit; 1,000,000
	Parents int   // parents of a commit; 64
	Inspect int64 // bytes of a blob handed to Inspect, the rest is only counted; 1 MiB
	Blob    int64 // bytes of a blob; 2 GiB
	// Of the commits of a range and of the paths they change, which are held in memory; 64 MiB, four times as much where
	// Landed is set, and no bound where Counted is.
	Bytes int64
	// Lines compared for files that both sides of merges changed, in all ranges of a reader but those with Landed;
	// 24,000,000
	Merged int64
}

// Options are what a reader is opened with.
type Options struct {
	// Dir is the Git directory, or any folder of a work tree.
	Dir string
	// Env looks up an environment variable: those of the quarantine (git-receive-pack(1), Quarantine Environment) and
	// of a shallow push, and what a git process needs to find itself and the user's safe.directory setting. Nil
	// means none are set.
	Env func(string) string
	// Inspect sees what a change leaves behind, and returns whatever the caller wants to find in Change.Traits. It may
	// see the same blobs at the same path once for several changes, and is called by several goroutines. It must not
	// keep the bytes, nor change them. It may be nil: then no blob is read but those that merges of lines are compared
	// with.
	Inspect func(Landed) uint32
	// Brief, unless it is nil, says of which paths Inspect may be brief, since more is hardly ever asked of them: then
	// Change.Look gives the rest. Several goroutines may call it.
	Brief func(path string) bool
	// Unseen, unless it is nil, lets blobs be missing, as in a partial clone (git-clone(1), --filter), and is told of
	// each. Where ranges are judged, nothing is found in such a change, nor in one of which a parent's blob is missing;
	// a symbolic link that isn't here leads nowhere. So nobody may take what is read for whole once Unseen was told.
	// Several goroutines may tell it.
	Unseen func(blob ID)
	// Read, unless it is nil, is told of commits that were read for [Repo.Landings]: how many more.
	Read func(commits int)
	// Watch is a name at the top of each new commit's tree. What has that name is given with the commit; see
	// [Entry]. It costs no question more, since the tree is read anyway. Empty watches nothing.
	Watch  string
	Limits Limits
}

// Repo is a repository that can be judged. Both readers implement it, and give the same answers for what both can
// read. The second one can read less: it knows fewer spellings of revisions and no merges of git's.
type Repo interface {
	// Refs lists the refs whose full names match one of the patterns, or all refs without a
	// pattern; sorted by name. A pattern is a ref name or a prefix ending in "/".
	Refs(ctx context.Context, patterns ...string) ([]Ref, error)
	// Symbolic gives the ref that a symbolic ref, or HEAD, points to, whether that exists or not; "" where the name
	// is no symbolic ref. Refs leaves out those that lead nowhere.
	Symbolic(ctx context.Context, name string) (string, error)
	// Landings gives the commits of the range as landings of the tip's first-parent line, oldest
	// first. A commit belongs to the first landing commit that reaches it. It stops at the first
	// error, which is [ErrUnreadable] or [ErrLimit].
	Landings(ctx context.Context, r Range) iter.Seq2[Landing, error]
	// FirstParents gives the first-parent line from tip, newest first, ending at the first commit
	// that stop says true to (which is included) or at a root. It fails on shallow history.
	FirstParents(ctx context.Context, tip ID, stop func(ID) bool) ([]ID, error)
	// Links gives the symbolic links in a commit's tree, sorted by path; or, where since isn't zero, those in
	// which it differs from that commit.
	Links(ctx context.Context, commit, since ID) ([]Link, error)
	// Reaches says for each of tips which of ids it reaches, in one walk (a commit reaches itself). A tag
	// stands for its commit; a tip that leads to another object reaches nothing. An id whose object is
	// missing is an error.
	Reaches(ctx context.Context, tips, ids []ID) ([][]bool, error)
	// ReachesSurely is Reaches as the commits themselves have it. A commit-graph that says otherwise is an
	// [ErrUnreadable] that says what to do. It may walk over all of the history.
	ReachesSurely(ctx context.Context, tips, ids []ID) ([][]bool, error)
	// Bases gives the best common ancestors of two commits, none where their histories have nothing in common.
	Bases(ctx context.Context, a, b ID) ([]ID, error)
	// Commit, Tag and Blob read one object. A missing object or one of another type is an error.
	Commit(ctx context.Context, id ID) (Commit, error)
	Tag(ctx context.Context, id ID) (Tag, error)
	Blob(ctx context.Context, id ID) ([]byte, error)
	// Files shows each file, symbolic link and submodule in a commit's tree, in Git's order. It stops at the first
	// error, which may be that of see.
	Files(ctx context.Context, commit ID, see func(path string, at Side) error) error
	// Beginning gives the first bytes of a blob, at most keep, and the size of the whole, which is read through.
	Beginning(ctx context.Context, blob ID, keep int64) (first []byte, size int64, err error)
	// Folder reads a folder at the top of a commit's tree, whole. The error is fs.ErrNotExist where
	// there is none.
	Folder(ctx context.Context, commit ID, name string) (*Folder, error)
	// Remerge gives the paths at which a merge commit holds something else than git's own merge of its parents,
	// which follows renames, and those at which git finds a conflict. Known is false where there is no git to ask.
	Remerge(ctx context.Context, commit ID) (differs []string, known bool, err error)
	// Kind gives the type of an object, "commit", "tag", "tree" or "blob".
	Kind(ctx context.Context, id ID) (string, error)
	// Named gives the ref with which a revision begins, and what follows it: of "v1~2" that is refs/tags/v1 and "~2".
	// It gives HEAD for "@", too, with an id where HEAD leads to a ref that is here; and no name where no ref is
	// named. A name that begins with "refs/" is a full one. The error is ErrAmbiguous where several refs are called
	// so. A name means the same as long as the Repo is open.
	Named(ctx context.Context, rev string) (r Ref, rest string, err error)
	// Resolve gives the commit of a revision as gitrevisions(7) spells it, and fails with ErrAmbiguous where
	// Git would choose among several. A second reader may know fewer spellings: full ids, unambiguous
	// prefixes, ref names, HEAD, and parents of all but the second.
	Resolve(ctx context.Context, rev string) (ID, error)
	// Dir is the repository's Git directory, common to its worktrees, as an absolute path.
	Dir() string
	// Close ends the processes and files in use.
	Close() error
}
