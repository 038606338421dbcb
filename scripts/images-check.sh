#!/usr/bin/env bash
# images-check.sh [WHAT…]   what the images promise, tried; without arguments what needs neither Docker nor a network: same root size
#
#   same     two clones at different paths make the same program, byte for byte, of every service
#   root     the single binary alone with its authorities in an empty root: it finds its time zones, believes the provider whose authority is
#            in its bundle, and not without (needs root, for chroot)
#   size     every program with its authorities is below 25 MB compressed
#   arm64    the single binary for arm64, run by qemu-aarch64-static: it says its help, serves, takes a write, answers
#   layers   with Docker: two clones make images of the same layers; one for arm64 says that it is, and holds a program for it
#   golang   with Docker: the stage on golang's image is run, on a local image of that name where it cannot be pulled (Debian by debootstrap,
#            with the Go at hand), and makes the same program as the Go at hand
set -euo pipefail
cd "$(dirname "$0")/.."
checkout=$PWD
programs=(asset workorder delivery status people console bitacora)
work=$(mktemp -d)
pids=()

say() { printf '\n=== %4d s  %s\n' "$SECONDS" "$*"; }
fail() { echo "images-check: $*" >&2; exit 1; }
clean_up() {
  local status=$?
  trap - EXIT
  set +e
  [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null
  wait 2>/dev/null
  [ -z "${images:-}" ] || docker rmi -f $images >/dev/null 2>&1
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT

compile() { # folder, program, output: as an image's program is compiled
  (cd "$1" && CGO_ENABLED=0 GOOS=linux GOARCH=${GOARCH:-$(go env GOARCH)} go build -trimpath -buildvcs=false \
    -ldflags "-s -w -buildid= -X main.version=check" -o "$3" "./services/$2/cmd/$2")
}

clones() {
  [ ! -d "$work/here" ] || return 0
  git -c safe.directory='*' clone -q "$checkout" "$work/here"
  git -c safe.directory='*' clone -q "$checkout" "$work/somewhere/else/entirely"
}

await() { # seconds, what, command…
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || fail "$what: not within its time"
    sleep 0.3
  done
}

same() {
  say "two clones, the same programs"
  clones
  local p
  for p in "${programs[@]}"; do
    compile "$work/here" "$p" "$work/a"
    compile "$work/somewhere/else/entirely" "$p" "$work/b"
    cmp "$work/a" "$work/b" || fail "$p depends on where it is built"
    echo "$p $(sha256sum <"$work/a" | cut -c1-16)"
  done
}

size() {
  say "sizes"
  local p bytes
  mkdir -p "$work/size"
  cp -L /etc/ssl/certs/ca-certificates.crt "$work/size/"
  for p in "${programs[@]}"; do
    compile "$checkout" "$p" "$work/size/program"
    bytes=$(tar -C "$work/size" -cf - . | gzip -c | wc -c)
    echo "$p $bytes bytes compressed"
    [ "$bytes" -lt 25000000 ] || fail "$p is larger than 25 MB compressed"
  done
}

# A provider of tokens with a certificate of an authority of its own; it signs nothing, it only shows its keys.
provider() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=check -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$work/key.pem" -out "$work/authority.pem" 2>/dev/null
  python3 - "$work" <<'PY' &
import http.server, json, ssl, sys
class Provider(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        issuer = "https://127.0.0.1:%d" % self.server.server_port
        body = {"/.well-known/openid-configuration": {"issuer": issuer, "jwks_uri": issuer + "/keys", "authorization_endpoint": issuer, "token_endpoint": issuer,
            "id_token_signing_alg_values_supported": ["ES256"], "response_types_supported": ["code"], "subject_types_supported": ["public"]},
            "/keys": {"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1",
                "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}}.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/authority.pem", sys.argv[1] + "/key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
open(sys.argv[1] + "/port", "w").write(str(server.server_port))
server.serve_forever()
PY
  pids+=($!)
  await 10 "the provider" test -s "$work/port"
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

root() {
  say "alone in an empty root"
  [ "$(id -u)" = 0 ] || fail "chroot needs root"
  provider
  local r=$work/root port chroot; chroot=$(command -v chroot)
  mkdir -p "$r/etc/ssl/certs" "$r/tmp"
  compile "$checkout" bitacora "$r/program"
  # Time zones: the demonstration's dates are those of its units' zones, and the scenario checks them.
  port=$(free_port)
  env -i BITACORA_HTTP_ADDR=127.0.0.1:$port BITACORA_DATA_DIR=/tmp/data "$chroot" "$r" /program serve >"$work/serve.out" 2>"$work/serve.log" &
  pids+=($!)
  await 120 "serve in an empty root" grep -q 'is ready' "$work/serve.out"
  [ ! -e "$r/usr" ] || fail "the root is not empty"
  env -i BITACORA_DATA_DIR="$r/tmp/data" "$r/program" scenario --url "http://127.0.0.1:$port" | tail -n 1
  kill "${pids[-1]}" && wait "${pids[-1]}" || true
  # Authorities: ready means that the provider's keys were read over TLS.
  local bundle
  for bundle in with without; do
    : >"$r/etc/ssl/certs/ca-certificates.crt"
    [ "$bundle" = without ] || cat /etc/ssl/certs/ca-certificates.crt "$work/authority.pem" >"$r/etc/ssl/certs/ca-certificates.crt"
    port=$(free_port)
    env -i BITACORA_HTTP_ADDR=127.0.0.1:$port BITACORA_DATA_DIR=/tmp/$bundle BITACORA_OIDC_ISSUER="https://127.0.0.1:$(cat "$work/port")" \
      "$chroot" "$r" /program serve >/dev/null 2>"$work/$bundle.log" &
    pids+=($!)
    if [ "$bundle" = with ]; then
      await 60 "a provider whose authority is in the bundle" curl -sf "http://127.0.0.1:$port/readyz"
      echo "the provider's keys were read over TLS"
    else
      await 60 "the refusal" grep -q 'certificate signed by unknown authority' "$work/without.log"
      echo "without the bundle its certificate is refused"
    fi
    kill "${pids[-1]}" && wait "${pids[-1]}" || true
  done
}

arm64() {
  say "arm64, emulated"
  command -v qemu-aarch64-static >/dev/null || fail "needs qemu-aarch64-static (Debian: qemu-user-static)"
  GOARCH=arm64 compile "$checkout" bitacora "$work/arm"
  file -L "$work/arm" 2>/dev/null | grep -o 'ARM aarch64' || true
  local port; port=$(free_port)
  local run=(env -i "BITACORA_HTTP_ADDR=127.0.0.1:$port" "BITACORA_DATA_DIR=$work/arm-data" BITACORA_DEMO=false qemu-aarch64-static "$work/arm")
  "${run[@]}" --help | sed -n 1p
  "${run[@]}" config check | sed -n 1,3p
  "${run[@]}" serve >"$work/arm.out" 2>"$work/arm.log" &
  pids+=($!)
  await 300 "serve, emulated" grep -q 'is ready' "$work/arm.out"
  local token; token=$("${run[@]}" token admin)
  curl -sf -o /dev/null -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{"clues": "BSIST000014", "name": "Santa Rosalía"}' "http://127.0.0.1:$port/v1/units"
  curl -sf -H "Authorization: Bearer $token" "http://127.0.0.1:$port/v1/units/BSIST000014" | cut -c1-120
  kill "${pids[-1]}" && wait "${pids[-1]}" || true
}

image_layers() { docker image inspect --format '{{json .RootFS.Layers}} {{.Config.User}}' "$1"; }

layers() {
  say "two clones, the same layers"
  clones
  images="bitacora-check-a/asset:check bitacora-check-b/asset:check"
  (cd "$work/here" && REGISTRY=bitacora-check-a VERSION=check BUILDER=host DOCKER_BUILD_FLAGS=--no-cache scripts/images.sh asset)
  (cd "$work/somewhere/else/entirely" && REGISTRY=bitacora-check-b VERSION=check BUILDER=host DOCKER_BUILD_FLAGS=--no-cache scripts/images.sh asset)
  image_layers bitacora-check-a/asset:check
  [ "$(image_layers bitacora-check-a/asset:check)" = "$(image_layers bitacora-check-b/asset:check)" ] || fail "the layers differ"
  images="$images bitacora-check-c/asset:check"
  GOARCH=arm64 REGISTRY=bitacora-check-c VERSION=check BUILDER=host scripts/images.sh asset
  [ "$(docker image inspect --format '{{.Architecture}}' bitacora-check-c/asset:check)" = arm64 ] || fail "the image for arm64 does not say so"
  docker create --platform linux/arm64 --name bitacora-check-c bitacora-check-c/asset:check >/dev/null
  docker cp bitacora-check-c:/program "$work/arm64-program" >/dev/null
  docker rm bitacora-check-c >/dev/null
  # ELF's e_machine: 183 is AArch64.
  [ "$(od -An -j18 -N2 -tu2 "$work/arm64-program" | tr -d ' ')" = 183 ] || fail "the image for arm64 holds another program"
}

golang() {
  say "the stage on golang's image"
  local image; image=$(sed -n 's/^ARG GO_IMAGE=//p' deploy/Dockerfile)
  if ! docker image inspect "$image" >/dev/null 2>&1 && ! docker pull -q "$image" >/dev/null 2>&1; then
    command -v debootstrap >/dev/null || fail "needs debootstrap"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$work/debian" >"$work/debootstrap.log" 2>&1 || fail "$(tail -n 3 "$work/debootstrap.log")"
    mkdir -p "$work/debian/usr/local/go"
    tar -C "$(go env GOROOT)" --exclude=./test --exclude=./api -cf - . | tar -C "$work/debian/usr/local/go" -xf -
    # Whatever authorities this machine reaches its registries with.
    cp -L /etc/ssl/certs/ca-certificates.crt "$work/debian/etc/ssl/certs/ca-certificates.crt"
    tar -C "$work/debian" -c . | docker import -c 'ENV PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$image" >/dev/null
    images="${images:-} $image"
  fi
  images="${images:-} bitacora-check-g/asset:check bitacora-check-h/asset:check"
  REGISTRY=bitacora-check-g VERSION=check BUILDER=golang DOCKER_BUILD_FLAGS="${DOCKER_BUILD_FLAGS:---no-cache --network host}" scripts/images.sh asset
  REGISTRY=bitacora-check-h VERSION=check BUILDER=host scripts/images.sh asset
  local side
  for side in g h; do
    docker create --name "bitacora-check-$side" "bitacora-check-$side/asset:check" >/dev/null
    docker export "bitacora-check-$side" | tar -C "$work" -xf - --transform "s,^,$side/," program etc/ssl/certs/ca-certificates.crt tmp 2>/dev/null ||
      { docker rm "bitacora-check-$side" >/dev/null; fail "an image lacks its content"; }
    docker rm "bitacora-check-$side" >/dev/null
  done
  image_layers bitacora-check-g/asset:check
  image_layers bitacora-check-h/asset:check
  docker run --rm --network none bitacora-check-g/asset:check --help | sed -n 1p
  cmp "$work/g/program" "$work/h/program" || fail "golang's image ($("$work/debian/usr/local/go/bin/go" version 2>/dev/null)) makes another program than $(go version)"
  echo "both make the same program: $(sha256sum <"$work/g/program" | cut -c1-16)"
}

[ $# -gt 0 ] || set -- same root size
for what; do
  case $what in
    same | root | size | arm64 | layers | golang) "$what" ;;
    *) sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2 ;;
  esac
done
say "as promised: $*"
