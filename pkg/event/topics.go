package event

// Partitions is the number of partitions of every topic. It never changes: a key's partition is where its order lives.
const Partitions = 12

// Topic names. The whole log of each is kept for ever (see Topics).
const (
	Units             = "bitacora.units"
	EquipmentTypes    = "bitacora.equipment-types"
	Assets            = "bitacora.assets"
	Transfers         = "bitacora.transfers"
	ColdChain         = "bitacora.cold-chain"
	Contractors       = "bitacora.contractors"
	Contracts         = "bitacora.contracts"
	Programs          = "bitacora.programs"
	Plans             = "bitacora.plans"
	WorkOrders        = "bitacora.work-orders"
	Visits            = "bitacora.visits"
	Deliveries        = "bitacora.deliveries"
	CommunityPrograms = "bitacora.community-programs"
)

// Topic is one row of the table of topics.
type Topic struct {
	Name string
	// Owner is the service that publishes on it, and the only one.
	Owner string
}

// Topics is the one table of topics: `bitacora migrate` makes them, a service is unready until all that it reads exist.
func Topics() []Topic {
	return []Topic{
		{Units, "asset"}, {EquipmentTypes, "asset"}, {Assets, "asset"}, {Transfers, "asset"}, {ColdChain, "asset"},
		{Contractors, "workorder"}, {Contracts, "workorder"}, {Programs, "workorder"}, {Plans, "workorder"},
		{WorkOrders, "workorder"}, {Visits, "workorder"}, {Deliveries, "delivery"}, {CommunityPrograms, "delivery"},
	}
}

// TopicNames are the names of all topics.
func TopicNames() []string {
	topics := Topics()
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	return names
}

// Republishing is the command that publishes the present state of every document on a topic again; for a topic that is in no table, of all.
func Republishing(topic string) string {
	for _, t := range Topics() {
		if t.Name == topic {
			return "bitacora republish --service " + t.Owner + " " + topic
		}
	}
	return "bitacora republish"
}
