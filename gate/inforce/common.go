package inforce

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"countersign/policy"
)

// readCommon reads the policy by which many repositories are judged. A repository's own floor asks for more. Where the
// common folder has a floor, a repository may have a policy of its own, which that one bounds.
func (s *Source) readCommon() error {
	common, err := os.OpenRoot(s.o.Common)
	if err != nil {
		return fmt.Errorf("the folder of the policy of many repositories: %w", err)
	}
	defer common.Close()
	floor, err := policy.LoadFloor(common.FS())
	if err != nil {
		return err
	}
	own, err := os.OpenRoot(s.o.Dir)
	if errors.Is(err, fs.ErrNotExist) { // nothing was installed in the repository itself
		s.Folder = s.o.Common
		s.First, err = s.read(common.FS(), nil, nil)
		return err
	}
	if err != nil {
		return err
	}
	defer own.Close()
	ownFloor, err := policy.LoadFloor(own.FS())
	if err != nil {
		return err
	}
	adopted, err := policy.LoadAdoption(own.FS())
	if err != nil {
		return err
	}
	if s.Introduction, err = policy.LoadIntroduction(own.FS()); err != nil {
		return err
	}
	_, missing := own.Stat(policy.FileName)
	switch hasOwn := s.Introduction != nil || !errors.Is(missing, fs.ErrNotExist); {
	case !hasOwn:
		s.Folder = s.o.Common
		s.First, err = s.read(common.FS(), adopted, ownFloor)
	case floor == nil:
		err = fmt.Errorf("there is a policy beside the repository and another in %s: take the first away, "+
			"or put a %s into that folder, which bounds it", s.o.Common, policy.FloorFile)
	case ownFloor != nil:
		err = fmt.Errorf("there is a %s beside the repository and another in %s: write what both ask into the second, "+
			"and delete the first", policy.FloorFile, s.o.Common)
	case s.Introduction != nil:
		s.floor = floor
	default:
		s.First, err = s.read(own.FS(), adopted, floor)
	}
	return err
}
