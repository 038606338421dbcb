package event

// Partitions is the number of partitions of every topic. It must never change: events of one key would be in two partitions, out of order.
const Partitions = 12

// Topic names. Topics keep all records for ever.
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

// Topic is a topic and the service that owns it.
type Topic struct {
	Name string
	// Owner is the only service that publishes on it.
	Owner string
}

// Topics lists all topics. `bitacora migrate` creates them; a service is not ready until all that it reads exist.
func Topics() []Topic {
	return []Topic{
		{Units, "asset"}, {EquipmentTypes, "asset"}, {Assets, "asset"}, {Transfers, "asset"}, {ColdChain, "asset"},
		{Contractors, "workorder"}, {Contracts, "workorder"}, {Programs, "workorder"}, {Plans, "workorder"},
		{WorkOrders, "workorder"}, {Visits, "workorder"}, {Deliveries, "delivery"}, {CommunityPrograms, "delivery"},
	}
}

// TopicNames lists the names of all topics.
func TopicNames() []string {
	topics := Topics()
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	return names
}

// RepublishCommand returns the command line that publishes the present state of a topic's documents again; for an unknown topic, of all.
func RepublishCommand(topic string) string {
	for _, t := range Topics() {
		if t.Name == topic {
			return "bitacora republish --service " + t.Owner + " " + topic
		}
	}
	return "bitacora republish"
}
