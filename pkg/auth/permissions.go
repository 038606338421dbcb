package auth

import (
	"maps"
	"slices"
)

// Permission says who may run an operation.
type Permission struct {
	// Operation is its id, as the REST interface registers it: "work_order.approve".
	Operation string
	// Write: it changes something; planners and auditors run no such operation.
	Write bool
	// Roles lists who may run it, each within the places where the role was granted.
	Roles []Role
}

// PermissionOf is the operation's row; ok is false when there is none, and then nobody may run it.
func PermissionOf(operation string) (p Permission, ok bool) {
	p, ok = permissions[operation]
	p.Roles = slices.Clone(p.Roles)
	return p, ok
}

// Permissions lists the table, ordered by operation.
func Permissions() []Permission {
	var list []Permission
	for _, op := range slices.Sorted(maps.Keys(permissions)) {
		p, _ := PermissionOf(op)
		list = append(list, p)
	}
	return list
}

// Groups of roles that many rows share. What a role sees of what it may read is a matter of its grants' places and of each
// document's scopes: a contractor reads its own orders because only those carry its scope.
var (
	everybody = []Role{Requester, UnitDirector, BiomedicalEngineer, Technician, Contractor, OfficeAdministrator,
		ContractAdministrator, Planner, Auditor, Admin}
	// institution is all but those who may work for somebody else.
	institution = without(everybody, Technician, Contractor)
	// overseers read what is about money and performance: staff who only request do not.
	overseers = without(institution, Requester)
	// doers carry out an order: a contractor's people, a technician, or the engineer in-house.
	doers = []Role{Contractor, Technician, BiomedicalEngineer}
	// deciders triage an order and say who does it.
	deciders = []Role{BiomedicalEngineer, ContractAdministrator, OfficeAdministrator}
	// keepers describe the equipment of a place.
	keepers = []Role{UnitDirector, BiomedicalEngineer, OfficeAdministrator, Admin}
)

func without(roles []Role, out ...Role) []Role {
	return slices.DeleteFunc(slices.Clone(roles), func(r Role) bool { return slices.Contains(out, r) })
}

// permissions is THE table: an operation that is not in it is refused to all.
var permissions = table(
	reads(institution, "unit.list", "unit.read", "unit.history"),
	writes([]Role{Admin}, "unit.register", "unit.import"),
	writes([]Role{OfficeAdministrator, Admin}, "unit.change"),
	writes([]Role{UnitDirector, BiomedicalEngineer, OfficeAdministrator, Admin}, "unit.add_area"),

	// The catalogue belongs to the nation, so that of the engineers only those with a national grant reach it.
	reads(everybody, "equipment_type.list", "equipment_type.read", "equipment_type.history"),
	writes([]Role{BiomedicalEngineer, Admin}, "equipment_type.create", "equipment_type.change"),

	reads(everybody, "asset.list", "asset.read", "asset.history"),
	writes([]Role{BiomedicalEngineer, Admin}, "asset.register"),
	writes([]Role{BiomedicalEngineer, Admin}, "asset.void", "asset.retype"),
	writes([]Role{BiomedicalEngineer, OfficeAdministrator, Admin}, "asset.retire"),
	writes(keepers, "asset.change", "asset.activate"),
	writes([]Role{UnitDirector, BiomedicalEngineer}, "asset.report_functioning", "asset.report_use", "asset.quarantine"),
	writes([]Role{UnitDirector, BiomedicalEngineer, OfficeAdministrator}, "asset.report_custody"),
	// What is recorded long after it happened needs the unit's own word.
	writes([]Role{UnitDirector}, "asset.confirm_late_entries"),
	// Who suspects a device may freeze it; only an engineer may say that it is safe again.
	writes([]Role{BiomedicalEngineer}, "asset.release"),
	reads(institution, "stock.list", "stock.read", "stock.history"),

	reads(everybody, "contractor.list", "contractor.read", "contractor.history"),
	writes([]Role{ContractAdministrator, Admin}, "contractor.create", "contractor.change"),
	reads(append([]Role{Contractor}, overseers...), "contract.list", "contract.read", "contract.history", "contract.budget"),
	writes([]Role{ContractAdministrator, Admin}, "contract.create", "contract.change", "contract.amend"),
	// Who may spend is decided by who may not.
	reads(overseers, "appointment.list", "appointment.read", "appointment.history"),
	writes([]Role{Admin}, "appointment.create", "appointment.end"),
	reads(everybody, "program.list", "program.read", "program.history"),
	writes([]Role{ContractAdministrator, Admin}, "program.create", "program.change"),
	writes([]Role{ContractAdministrator, OfficeAdministrator, Admin}, "program.add_line"),

	reads(everybody, "work_order.list", "work_order.read", "work_order.history", "work_order.site"),
	writes([]Role{Requester, UnitDirector, BiomedicalEngineer, OfficeAdministrator}, "work_order.request"),
	writes(deciders, "work_order.approve", "work_order.decline", "work_order.set_priority", "work_order.estimate", "work_order.assign", "work_order.reassign"),
	// The role lets nobody spend: that is an appointment to the contract, lot and place, which the command asks for.
	writes(deciders, "work_order.commit"),
	writes(doers, "work_order.acknowledge", "work_order.arrive", "work_order.start", "work_order.hold", "work_order.resume",
		"work_order.restore", "work_order.complete"),
	// More than was ordered needs two people: who sees it on site, and who may decide.
	writes([]Role{Contractor, Technician, BiomedicalEngineer, ContractAdministrator, OfficeAdministrator}, "work_order.propose_quantity"),
	writes(deciders, "work_order.approve_quantity"),
	// Acceptance is two facts: the unit's conformity and the technical verification. Either may find the work wanting.
	writes([]Role{UnitDirector}, "work_order.accept", "work_order.confirm_late_entries"),
	writes([]Role{UnitDirector, BiomedicalEngineer}, "work_order.return"),
	writes([]Role{BiomedicalEngineer}, "work_order.verify"),
	writes(append([]Role{UnitDirector}, deciders...), "work_order.cancel"),

	reads(append([]Role{Contractor}, institution...), "delivery.list", "delivery.read", "delivery.history"),
	// The unit registers what arrived unannounced.
	writes([]Role{UnitDirector, OfficeAdministrator, ContractAdministrator, Admin}, "delivery.create"),
	writes([]Role{UnitDirector, BiomedicalEngineer, OfficeAdministrator, ContractAdministrator, Admin}, "delivery.change"),
	writes([]Role{Contractor, OfficeAdministrator, ContractAdministrator, Admin}, "delivery.dispatch"),
	// Confirmation is the unit's, never the supplier's or an office's.
	writes([]Role{UnitDirector}, "delivery.arrive", "delivery.confirm"),
	writes([]Role{OfficeAdministrator, ContractAdministrator, Admin}, "delivery.cancel"),

	reads(overseers, "status.unit", "status.office", "status.state", "status.nation"),
)

func reads(roles []Role, operations ...string) []Permission { return rows(false, roles, operations) }

func writes(roles []Role, operations ...string) []Permission { return rows(true, roles, operations) }

func rows(write bool, roles []Role, operations []string) []Permission {
	list := make([]Permission, len(operations))
	for i, op := range operations {
		list[i] = Permission{op, write, roles}
	}
	return list
}

func table(groups ...[]Permission) map[string]Permission {
	t := map[string]Permission{}
	for _, p := range slices.Concat(groups...) {
		t[p.Operation] = p
	}
	return t
}
