package auth

import (
	"errors"
	"fmt"
	"slices"
)

// Roles are those that may run an operation, each within the places where it was granted. They stand at the operation (rest.Op); `make
// generate` writes them all into api/permissions.md, where a change shows in review. A refusal names them in this order.
type Roles []Role

// Groups of roles that services share. What a role sees of what it may read is a matter of its grants' places and of each document's
// scopes: a contractor reads its own orders because only those carry its scope.
var (
	Everybody = Roles{Requester, UnitDirector, BiomedicalEngineer, Technician, Contractor, OfficeAdministrator,
		ContractAdministrator, Planner, Auditor, Admin}
	// Institution is all but those who may work for somebody else.
	Institution = Everybody.Without(Technician, Contractor)
	// Overseers read what is about money and performance: staff who only request do not.
	Overseers = Institution.Without(Requester)
)

// Without are those of rs that are not in out.
func (rs Roles) Without(out ...Role) Roles {
	return slices.DeleteFunc(slices.Clone(rs), func(r Role) bool { return slices.Contains(out, r) })
}

// And are those of rs, and more after them.
func (rs Roles) And(more ...Role) Roles { return slices.Concat(rs, more) }

// Check says what must not be of the roles of an operation, which writes or only reads: that there is none, one unknown or named twice; that
// planners or auditors write; that the auditor, who reads everything in scope, does not read.
func (rs Roles) Check(writes bool) error {
	if len(rs) == 0 {
		return errors.New("no role may run it")
	}
	for i, r := range rs {
		if _, known := placesOf[r]; !known {
			return fmt.Errorf("there is no role %q", r)
		}
		if slices.Contains(rs[:i], r) {
			return fmt.Errorf("role %s is named twice", r)
		}
		if writes && (r == Planner || r == Auditor) {
			return fmt.Errorf("it writes, which no %s may", r)
		}
	}
	if !writes && !slices.Contains(rs, Auditor) {
		return errors.New("it reads, and the auditor may not run it")
	}
	return nil
}
