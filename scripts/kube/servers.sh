# shellcheck shell=bash disable=SC2154 # variables are kube-e2e.sh's
# MongoDB and Kafka as pods that let in only who speaks TLS and says who it is, and the Secrets by which the services do.

members=(10.96.0.200:27017 10.96.0.201:27017 10.96.0.202:27017)
broker=10.96.0.203:9092

certificate() { # name, subject, alternative names
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" -keyout "$tls/$1.key" -out "$tls/$1.csr" 2>/dev/null
  openssl x509 -req -in "$tls/$1.csr" -CA "$tls/ca.crt" -CAkey "$tls/ca.key" -CAcreateserial -days 2 -out "$tls/$1.crt" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3") 2>/dev/null
  cat "$tls/$1.crt" "$tls/$1.key" >"$tls/$1.pem"
}

certificates() {
  mkdir -m 0700 "$tls"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=proof" -keyout "$tls/ca.key" -out "$tls/ca.crt" 2>/dev/null
  certificate server "/O=members/CN=member" "IP:10.96.0.200,IP:10.96.0.201,IP:10.96.0.202,IP:10.96.0.203,IP:127.0.0.1,DNS:localhost"
  certificate client "/O=clients/CN=bitacora" "DNS:bitacora"
  openssl rand -hex 16 >"$tls/password"
}

mongo() { # command…
  PYTHONPATH=$(dirname "$(dirname "$("$tools/mongo/mongo-up.sh" fetch)")")/py python3 scripts/kube/mongo.py "$tls" "$@" "${members[@]}"
}

step_servers() {
  say "MongoDB and Kafka as pods"
  kubectl delete namespace "$namespace" servers --ignore-not-found >/dev/null # of a run before
  rm -rf "${node_data:?}"
  mkdir -p "$node_data"
  certificates
  kubectl create namespace servers >/dev/null
  servers create secret generic tls --from-file="$tls/server.pem" --from-file="$tls/ca.crt" >/dev/null
  sed "s#MONGO_IMAGE#$BITACORA_TEST_MONGO_IMAGE#; s#KAFKA_IMAGE#$BITACORA_TEST_KAFKA_IMAGE#; s#DATA_FOLDER#$node_data/servers#" scripts/kube/servers.yaml |
    servers apply -f - >/dev/null
  servers rollout status statefulset/mongodb statefulset/kafka --timeout=180s
  mongo initiate
  mongo users "$(cat "$tls/password")"
  servers exec kafka-0 -- java -Xmx64m -cp '/opt/kafka/libs/*' kafka.admin.ConfigCommand --bootstrap-server localhost:19092 --alter \
    --entity-type users --entity-name bitacora --add-config "SCRAM-SHA-512=[password=$(cat "$tls/password")]"
}

# Names as in deploy/env/state. One service says who it is by X.509, the others by SCRAM.
service_secrets() {
  local hosts password files=/etc/bitacora/mongodb-tls
  hosts=$(IFS=,; echo "${members[*]}")
  password=$(cat "$tls/password")
  bitacora create secret generic mongodb-tls --from-file="$tls/ca.crt" --from-file="$tls/client.pem"
  bitacora create secret generic bitacora-mongodb \
    --from-literal="uri=mongodb://bitacora:$password@$hosts/?replicaSet=rs0&tls=true&tlsCAFile=$files/ca.crt&authSource=admin"
  bitacora create secret generic bitacora-mongodb-x509 --from-literal="uri=mongodb://$hosts/?replicaSet=rs0&tls=true&tlsCAFile=$files/ca.crt\
&tlsCertificateKeyFile=$files/client.pem&authMechanism=MONGODB-X509&authSource=%24external"
  bitacora create secret generic bitacora-console-session --from-literal="session-key=$(openssl rand -base64 32)"
  bitacora create secret generic kafka-ca --from-file="$tls/ca.crt"
  bitacora create secret generic bitacora-kafka --from-literal=username=bitacora --from-literal="password=$password"
}

with_topics() { # command…: with the variables by which a program reaches the topics
  BITACORA_KAFKA_BROKERS=$broker BITACORA_KAFKA_TLS=true BITACORA_KAFKA_CA_FILE=$tls/ca.crt BITACORA_KAFKA_SASL_MECHANISM=SCRAM-SHA-512 \
    BITACORA_KAFKA_SASL_USER=bitacora BITACORA_KAFKA_SASL_PASSWORD=$(cat "$tls/password") "$@"
}
