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
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
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
func (d *disk) cut(ctx context.Context, s *server, to string) (err error) {
	pid := strconv.Itoa(s.cmd.Process.Pid)
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
	dir := filepath.Join(d.mounted, "data")
	s, err := alone(ctx, cfg, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	tokens, err := scenario.Local(dir)
	if err != nil {
		return nil, err
	}
	l := begin(ctx, cfg, load.Config{Base: func(string) string { return "http://" + s.addr }, Tokens: tokens, Out: cfg.Out, Every: 100 * time.Millisecond, Patience: time.Minute})
	defer l.enough()
	r = &Result{}
	if err := l.on(); err != nil {
		return nil, err
	}
	cuts, again := 0, 0
	for until := time.Now().Add(cfg.Each); cuts < cfg.Kills && time.Now().Before(until); cuts++ {
		instant := time.NewTimer(time.Duration(chance.IntN(1500)) * time.Millisecond) // no event: the instant is what is drawn
		select {
		case <-instant.C:
		case <-ctx.Done():
			instant.Stop()
			return nil, ctx.Err()
		}
		acknowledged := l.acknowledged()
		left := filepath.Join(cfg.Folder, "left")
		if err := d.cut(ctx, s, left); err != nil {
			return nil, err
		}
		made, err := after(ctx, cfg, r, left, cuts, acknowledged)
		if err != nil {
			return nil, fmt.Errorf("after power cut %d: %w", cuts+1, err)
		}
		if made {
			again++
		}
	}
	o := l.end()
	if o.err != nil {
		return nil, fmt.Errorf("the load: %w", o.err)
	}
	r.Count = fmt.Sprintf("%d power cuts, after %d of them derived data was made again; %d writes, %d documents acknowledged", cuts, again, o.report.Writes, len(o.report.Acknowledged))
	if cuts < cfg.Kills || again < cuts {
		r.found("of %d power cuts %d in %s, derived data made again after %d", cfg.Kills, cuts, cfg.Each, again)
	}
	if !o.report.OK() {
		r.found("not all is as it was acknowledged:\n%s", o.report)
	}
	return r, nil
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
	addr, err := freeAddress(ctx)
	if err != nil {
		return false, err
	}
	s := &server{program: "unshare", addr: addr, log: filepath.Join(cfg.Folder, "left.log"),
		args: []string{"-m", "sh", "-c", `mount --bind "$1" /proc/sys/kernel/random/boot_id && exec "$2" serve`, "sh", boot, cfg.Program},
		env:  []string{"BITACORA_HTTP_ADDR=" + addr, "BITACORA_DATA_DIR=" + dir, "BITACORA_LOG_LEVEL=warn"}}
	if err := s.start(ctx); err != nil {
		return false, fmt.Errorf("%w; see %s", err, s.log)
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	_, missing := os.Stat(aside)
	return missing == nil, auditor{env: s.env, args: []string{"--url", "http://" + addr}}.run(ctx, cfg, r, acknowledged)
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
