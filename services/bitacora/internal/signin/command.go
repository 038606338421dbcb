package signin

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// Command is the command that signs in at a console.
func Command() *cobra.Command {
	var cfg Config
	var person string
	c := &cobra.Command{Use: "sign-in", Short: "Sign in at a running console through its OIDC provider, as a browser does, and out again", Args: cobra.NoArgs,
		Long: "Sees that a page of the console is whole, that its first page leads to the provider's with a challenge (PKCE, S256), that the provider knows\n" +
			"the client and the redirect address, and, where --person names a folder with the files username and password, that they sign in, that the\n" +
			"console shows who is there, and that signing out ends it. It says each step in a line and ends with exit code 1 at the first that is wrong.\n" +
			"It changes nothing but the provider's and the directory's record that this person was there.",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if cfg.Username, cfg.Password, err = read(person); err != nil {
				return err
			}
			cfg.HTTP, cfg.Out = http.DefaultTransport, cmd.OutOrStdout()
			return Run(cmd.Context(), cfg)
		}}
	p := c.Flags()
	p.StringVar(&cfg.URL, "url", "", "the console's address as browsers know it, such as https://bitacora.example.mx")
	p.StringVar(&cfg.At, "at", "", "where the console is reached from here, instead of its address")
	p.StringVar(&cfg.Issuer, "oidc-issuer", "", "OIDC provider that signs people in")
	p.StringVar(&cfg.ClientID, "client-id", "bitacora-console", "the console's client id at the provider")
	p.StringVar(&person, "person", "", "folder with the files username and password; nobody signs in when empty")
	for _, name := range []string{"url", "oidc-issuer"} {
		_ = c.MarkFlagRequired(name) // it fails for flags that are not there
	}
	return c
}

// read reads who signs in. A folder without both files is an error: a Secret of another shape would pass for a proof.
func read(folder string) (username, password string, err error) {
	if folder == "" {
		return "", "", nil
	}
	for name, into := range map[string]*string{"username": &username, "password": &password} {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			return "", "", errors.New(folder + " has no file " + name)
		}
		if err != nil {
			return "", "", err
		}
		if *into = strings.TrimRight(string(b), "\r\n"); *into == "" {
			return "", "", errors.New(name + " in " + folder + " is empty")
		}
	}
	return username, password, nil
}
