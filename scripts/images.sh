#!/usr/bin/env bash
# images.sh [PROGRAM…]   build the images (asset, workorder, delivery, status, people, console, bitacora unless named) and say how large they are
#
# Settings (environment):
#   REGISTRY  what goes before /asset:TAG                                   (bitacora)
#   VERSION   tag, and what the program says of itself                      (git describe)
#   GOARCH    amd64 or arm64                                                (that of Docker's machine)
#   BUILDER   golang: inside of golang's image; host: with the Go at hand   (golang where its image is there or can be pulled)
#   GO_IMAGE  golang's image                                                (that of deploy/Dockerfile)
#   CA_BUNDLE authorities that go into an image built on the host           (/etc/ssl/certs/ca-certificates.crt)
#   CEILING   bytes that an image may have compressed                       (25000000)
#   DOCKER_BUILD_FLAGS  what else docker build is told: --no-cache, --network host, --build-arg GOPROXY=…
set -euo pipefail
cd "$(dirname "$0")/.."

registry=${REGISTRY:-bitacora}
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
machine=$(docker version --format '{{.Server.Arch}}')
arch=${GOARCH:-$machine}
go_image=${GO_IMAGE:-$(sed -n 's/^ARG GO_IMAGE=//p' deploy/Dockerfile)}
ceiling=${CEILING:-25000000}
[ $# -gt 0 ] || set -- asset workorder delivery status people console bitacora

builder=${BUILDER:-}
if [ -z "$builder" ]; then
  builder=host
  if docker image inspect "$go_image" >/dev/null 2>&1 || docker pull -q "$go_image" >/dev/null 2>&1; then builder=golang; fi
fi
if [ "$builder" = host ] && ! command -v go >/dev/null; then
  echo "images: $go_image is neither here nor can it be pulled, and there is no Go in PATH: one of them is needed (GO_IMAGE names another image)" >&2
  exit 1
fi
buildkit=1
docker buildx version >/dev/null 2>&1 || buildkit=0 # today's docker needs it for BuildKit
work=$(mktemp -d)
base=
trap 'rm -rf "$work"; [ -z "$base" ] || docker rmi --no-prune "$base" >/dev/null 2>&1 || true' EXIT
if [ "$arch" != "$machine" ] && { [ "$builder" = host ] || [ "$buildkit" = 0 ]; }; then
  # What the old builder makes from scratch is of its own architecture, and with --platform it refuses that: it is told nothing, and given
  # an empty image of the other one to begin with.
  base=bitacora-empty-$arch:$$
  mkdir "$work/empty"
  echo '{"architecture":"'"$arch"'","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}' >"$work/empty/config.json"
  echo '[{"Config":"config.json","RepoTags":["'"$base"'"],"Layers":[]}]' >"$work/empty/manifest.json"
  tar -C "$work/empty" -cf - config.json manifest.json | docker load -q >/dev/null
fi

failed=0
for program; do
  image=$registry/$program:${version//+/_} # a tag has no '+'
  arguments=(-q -t "$image" --build-arg "PROGRAM=$program" --build-arg "VERSION=$version" --build-arg "REVISION=$revision")
  read -ra more <<<"${DOCKER_BUILD_FLAGS:-}"
  arguments+=("${more[@]}")
  [ -z "$base" ] || arguments+=(--build-arg "BASE=$base")
  if [ "$builder" = golang ] && [ "$buildkit" = 0 ]; then
    # The old builder makes every stage and has one list of what is left out: it is given only what belongs to this one.
    context=$work/$program
    mkdir "$context"
    git ls-files -z --cached --others --exclude-standard -- go.work go.work.sum pkg services | tar --null -T - --ignore-failed-read -cf - | tar -C "$context" -xf -
    sed "/^FROM shell AS prebuilt/,/^WORKDIR/d; s,--platform=[^ ]* ,," deploy/Dockerfile >"$context/Dockerfile"
    DOCKER_BUILDKIT=0 docker build "${arguments[@]}" -f "$context/Dockerfile" --build-arg "GO_IMAGE=$go_image" --build-arg "GOARCH=$arch" "$context" \
      2>"$work/said" >/dev/null || { cat "$work/said"; exit 1; }
  elif [ "$builder" = golang ]; then
    DOCKER_BUILDKIT=1 docker build "${arguments[@]}" -f deploy/Dockerfile --platform "linux/$arch" --build-arg "GO_IMAGE=$go_image" --build-arg "GOARCH=$arch" . >/dev/null
  else
    context=$work/$program
    mkdir -p "$context/root/etc/ssl/certs" "$context/root/tmp"
    CGO_ENABLED=0 GOOS=linux GOARCH=$arch go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$version" \
      -o "$context/root/program" "./services/$program/cmd/$program"
    install -m 0644 "${CA_BUNDLE:-/etc/ssl/certs/ca-certificates.crt}" "$context/root/etc/ssl/certs/ca-certificates.crt"
    # Of equal modes and age, so that equal contents make equal layers.
    chmod -R u=rwX,go=rX "$context/root"
    chmod 0755 "$context/root/program"
    chmod 1777 "$context/root/tmp"
    find "$context" -exec touch -h -d @0 {} +
    DOCKER_BUILDKIT=0 docker build "${arguments[@]}" -f deploy/Dockerfile --target prebuilt "$context" 2>"$work/said" >/dev/null || { cat "$work/said"; exit 1; }
  fi
  [ "$(docker image inspect --format '{{.Architecture}}' "$image")" = "$arch" ] || { echo "$image is not for $arch" >&2; exit 1; }
  bytes=$(docker save "$image" | gzip -c | wc -c)
  printf '%-40s %s %s %5.1f MB compressed\n' "$image" "$arch" "$builder" "$(echo "$bytes" | awk '{print $1 / 1e6}')"
  if [ "$bytes" -gt "$ceiling" ]; then
    echo "$image is larger than $ceiling bytes" >&2
    failed=1
  fi
done
exit "$failed"
