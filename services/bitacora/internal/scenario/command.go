package scenario

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// Addresses are where an installation is reached: in one place, or each service at its own.
type Addresses struct {
	All, Asset, Workorder, Delivery, Status, People string
}

// owners are the services by the first word of their paths.
func (a Addresses) owners() map[string]string {
	return map[string]string{"units": a.Asset, "equipment-types": a.Asset, "assets": a.Asset, "stock": a.Asset,
		"contractors": a.Workorder, "contracts": a.Workorder, "appointments": a.Workorder, "programs": a.Workorder, "program-lines": a.Workorder, "work-orders": a.Workorder,
		"deliveries": a.Delivery, "status": a.Status, "people": a.People}
}

// Base is the address in front of a path.
func (a Addresses) Base() func(path string) string {
	owners := a.owners()
	return func(path string) string {
		first, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
		first, _, _ = strings.Cut(first, "?")
		return strings.TrimSuffix(cmp.Or(owners[first], a.All), "/")
	}
}

// Reach is how an installation is reached: where, and with whose tokens.
type Reach struct {
	At                            Addresses
	dataDir                       string
	issuer, tokenURL, clientsFile string
}

// Flags adds the flags that say it.
func (r *Reach) Flags(p *pflag.FlagSet) {
	p.StringVar(&r.At.All, "url", "http://127.0.0.1:8080", "address of the installation")
	p.StringVar(&r.At.Asset, "asset-url", "", "address of the asset service, where there is no ingress in front of all")
	p.StringVar(&r.At.Workorder, "workorder-url", "", "address of the workorder service")
	p.StringVar(&r.At.Delivery, "delivery-url", "", "address of the delivery service")
	p.StringVar(&r.At.Status, "status-url", "", "address of the status service")
	p.StringVar(&r.At.People, "people-url", "", "address of the people service")
	p.StringVar(&r.dataDir, "data-dir", cmp.Or(os.Getenv(process.Prefix+"_DATA_DIR"), local.DefaultDataDir), "data folder of a local installation")
	p.StringVar(&r.issuer, "oidc-issuer", "", "OIDC provider whose tokens are used, found by discovery")
	p.StringVar(&r.tokenURL, "token-url", "", "token endpoint, instead of discovery")
	p.StringVar(&r.clientsFile, "clients", "", "JSON file with the clients that stand for the users")
}

type flags struct {
	Reach
	unit, contractor string
	busy             bool
}

// Command is the command that walks the scenario.
func Command() *cobra.Command {
	var f flags
	c := &cobra.Command{Use: "scenario", Short: "Walk through a running installation as its users would and check every answer and number", Args: cobra.NoArgs,
		Long: "Walks one delivery, one repair and one works order through an installation, from the contract to the planner's figures, says each step\n" +
			"in one line and ends with exit code 1 at the first answer or number that is wrong. It brings its own ids and can be repeated.\n\n" +
			"Tokens: in local mode those of the demo users, found through BITACORA_DATA_DIR or --data-dir. Elsewhere those of an OIDC provider\n" +
			"(--oidc-issuer or --token-url), by a JSON file of clients: {\"planner\": {\"client_id\": \"…\", \"client_secret\": \"…\"}, …} for\n" +
			strings.Join(Users(), ", ") + ";\neach with the grants of the demo user of that name (bitacora_grants).",
		RunE: func(cmd *cobra.Command, _ []string) error {
			tokens, err := f.Tokens(cmd.Context())
			if err != nil {
				return err
			}
			return Run(cmd.Context(), Config{Client: client.New(client.Config{Base: f.At.Base(), Tokens: tokens}), Out: cmd.OutOrStdout(),
				Unit: f.unit, Contractor: f.contractor, Busy: f.busy})
		}}
	p := c.Flags()
	f.Flags(p)
	p.StringVar(&f.unit, "unit", demo.SantaRosalia, "unit in which everything happens; nothing else may be written there meanwhile")
	p.StringVar(&f.contractor, "contractor", devissuer.DemoContractorA, "id of the contractor whom contractor-a works for")
	p.BoolVar(&f.busy, "busy", false, "others write in other units meanwhile: of wider figures, check only that they contain the unit's")
	return c
}

// Tokens are those of the demo users of a local installation, or of an OIDC provider.
func (r Reach) Tokens(ctx context.Context) (client.Tokens, error) {
	if r.issuer == "" && r.tokenURL == "" {
		if r.clientsFile != "" {
			return nil, errors.New("--clients needs --oidc-issuer or --token-url")
		}
		return Local(r.dataDir)
	}
	if r.clientsFile == "" {
		return nil, errors.New("tokens of an OIDC provider need --clients")
	}
	clients, err := ReadCredentials(r.clientsFile)
	if err != nil {
		return nil, err
	}
	tokenURL := r.tokenURL
	if tokenURL == "" {
		if tokenURL, err = Discover(ctx, r.issuer); err != nil {
			return nil, err
		}
	}
	return OIDC(ctx, tokenURL, clients), nil
}
