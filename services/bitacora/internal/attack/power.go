package attack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/load"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/server"
)

// disk is a file system of its own in a file, behind a loop device. What the system holds back in memory is not in the file: a copy of it, taken
// while nothing is written to it, is what a power cut leaves.
type disk struct{ image, device, mounted string }

const diskBytes = 512 << 20

func tool(ctx context.Context, name string, args ...string) (string, error) {
	said, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, said)
	}
	return strings.TrimSpace(string(said)), nil
}

// mount makes the image's content seen.
func mount(ctx context.Context, image string) (d *disk, err error) {
	d = &disk{image: image, mounted: image + ".mounted"}
	if err := os.MkdirAll(d.mounted, 0o700); err != nil {
		return nil, err
	}
	if d.device, err = tool(ctx, "losetup", "-f", "--show", image); err != nil {
		return nil, err
	}
	if _, err = tool(ctx, "mount", "-o", "noinit_itable", d.device, d.mounted); err != nil {
		_, detach := tool(ctx, "losetup", "-d", d.device)
		return nil, errors.Join(err, detach)
	}
	return d, nil
}

func (d *disk) unmount(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	_, err := tool(ctx, "umount", d.mounted)
	_, detach := tool(ctx, "losetup", "-d", d.device)
	return errors.Join(err, detach)
}

// written are the device's counters; it says too whether nothing is under way.
func (d *disk) written() (counters string, quiet bool, err error) {
	b, err := os.ReadFile(filepath.Join("/sys/block", filepath.Base(d.device), "stat"))
	f := strings.Fields(string(b))
	if err != nil || len(f) < 11 {
		return "", false, fmt.Errorf("counters of %s: %q, %w", d.device, b, err)
	}
	return strings.Join(slices.Concat(f[4:7], f[11:]), " "), f[8] == "0", nil
}

// standing is how long a server stands still at most for a copy that the system did not write into.
const standing = 20 * time.Second

// cut copies the image as it is at one instant of s's life: s stands still meanwhile, and a copy into which the system wrote is taken again.
func (d *disk) cut(ctx context.Context, s *server.Server, to string) (err error) {
	pid := strconv.Itoa(s.PID())
	if _, err := tool(ctx, "kill", "-STOP", pid); err != nil {
		return err
	}
	defer func() {
		_, goOn := tool(context.WithoutCancel(ctx), "kill", "-CONT", pid)
		err = errors.Join(err, goOn)
	}()
	var was, is string
	for until := time.Now().Add(standing); time.Now().Before(until); {
		before, quiet, err := d.written()
		if err != nil {
			return err
		}
		if _, err := tool(ctx, "cp", "--sparse=always", d.image, to); err != nil {
			return err
		}
		after, still, err := d.written()
		was, is = fmt.Sprint(before, quiet), fmt.Sprint(after, still)
		if err != nil || quiet && still && before == after {
			return err
		}
	}
	return fmt.Errorf("the system wrote into every copy of the disk: %s, then %s", was, is)
}

// powerCuts cuts the power of the single binary's disk at random instants while clients write, and serves what is left as on a machine that was
// started anew.
func powerCuts(ctx context.Context, cfg Config, chance *rand.Rand) (r *Result, err error) {
	image := filepath.Join(cfg.Folder, "disk")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		return nil, err
	}
	if err := os.Truncate(image, diskBytes); err != nil {
		return nil, err
	}
	if _, err := tool(ctx, "mkfs.ext4", "-q", "-F", image); err != nil {
		return nil, err
	}
	d, err := mount(ctx, image)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.unmount(ctx)) }()
	return alone(ctx, cfg, filepath.Join(d.mounted, "data"), func(s *server.Server, h *house) (*Result, error) {
		r, again, cuts := &Result{}, 0, 0
		with := load.Config{Base: func(string) string { return h.url }, Tokens: h.tokens, Every: 100 * time.Millisecond, RetryFor: time.Minute}
		_, report, err := disturbed(ctx, cfg, chance, r, with, func(l *loading) error {
			acknowledged := l.acknowledged()
			left := filepath.Join(cfg.Folder, "left")
			if err := d.cut(ctx, s, left); err != nil {
				return err
			}
			made, err := after(ctx, cfg, r, left, cuts, acknowledged)
			if cuts++; made {
				again++
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		r.Count = fmt.Sprintf("%d power cuts, after %d of them derived data was made again; %d writes, %d documents acknowledged", cuts, again, report.Writes, len(report.Acknowledged))
		if cuts < cfg.Kills || again < cuts {
			r.found("of %d power cuts %d in %s, derived data made again after %d", cfg.Kills, cuts, cfg.Each, again)
		}
		return r, nil
	})
}

// after serves what a power cut left, as on a machine that was started anew, and audits it. It says whether derived data was made again.
func after(ctx context.Context, cfg Config, r *Result, image string, n int, acknowledged []string) (made bool, err error) {
	d, err := mount(ctx, image)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, d.unmount(ctx)) }()
	dir, boot := filepath.Join(d.mounted, "data"), filepath.Join(cfg.Folder, "boot_id")
	aside := filepath.Join(dir, "broker.damaged")
	if err := errors.Join(os.RemoveAll(aside), os.WriteFile(boot, fmt.Appendf(nil, "machine-%d\n", n), 0o600)); err != nil {
		return false, err
	}
	s, err := prepared(ctx, cfg, dir)
	if err != nil {
		return false, err
	}
	s.Program, s.Log = "unshare", filepath.Join(cfg.Folder, "left.log")
	s.Args = []string{"-m", "sh", "-c", `mount --bind "$1" /proc/sys/kernel/random/boot_id && exec "$2" serve`, "sh", boot, cfg.Program}
	if err := s.Start(ctx); err != nil {
		return false, fmt.Errorf("%w; see %s", err, s.Log)
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	_, missing := os.Stat(aside)
	return missing == nil, auditor{env: s.Env, args: []string{"--url", s.URL()}}.run(ctx, cfg, r, acknowledged)
}

// canCutPower says what is missing for power cuts.
func canCutPower(Config) string {
	if os.Geteuid() != 0 {
		return "root"
	}
	for _, name := range []string{"losetup", "mkfs.ext4", "mount", "unshare"} {
		if _, err := exec.LookPath(name); err != nil {
			return name
		}
	}
	return ""
}
