package policy

// Classes decides which classes a change falls in.
type Classes struct{}
