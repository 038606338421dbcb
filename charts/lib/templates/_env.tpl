{{/* What the process is told. Secrets come as files of referenced Secrets, so that none is in the environment but a SASL user's name. */}}

{{/* Settings of every program. */}}
{{- define "lib.env.common" -}}
BITACORA_HTTP_ADDR: ":8080"
BITACORA_HTTP_DRAIN: {{ printf "%vs" .Values.global.shutdown.drainSeconds | quote }}
BITACORA_STOP_WITHIN: {{ printf "%vs" .Values.global.shutdown.withinSeconds | quote }}
BITACORA_OIDC_ISSUER: {{ required "global.oidc.issuer is needed: the OIDC provider whose tokens are believed" .Values.global.oidc.issuer | quote }}
BITACORA_OIDC_AUDIENCE: {{ .Values.global.oidc.audience | quote }}
BITACORA_OIDC_GRANTS_CLAIM: {{ .Values.global.oidc.grantsClaim | quote }}
BITACORA_LOG_LEVEL: {{ .Values.global.log.level | quote }}
{{- with .Values.global.telemetry.otlpEndpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ . | quote }}
{{- end }}
{{- if .Values.global.caBundle.existingConfigMap }}
SSL_CERT_DIR: /etc/bitacora/ca
{{- end }}
{{- end }}

{{/* Settings of every program that has the services' rules in it. */}}
{{- define "lib.env.rules" -}}
BITACORA_SERVICE_MAX_IN_FLIGHT: {{ .Values.requests.maxInFlight | quote }}
BITACORA_SERVICE_TIMEOUT: {{ .Values.requests.timeout | quote }}
{{- with .Values.requests.trustedProxies }}
BITACORA_SERVICE_TRUSTED_PROXIES: {{ join "," . | quote }}
{{- end }}
{{- with .Values.global.rules.noneWords }}
BITACORA_SERVICE_NONE_WORDS: {{ join "," . | quote }}
{{- end }}
{{- if include "lib.triageTable" . }}
BITACORA_SERVICE_TRIAGE_FILE: /etc/bitacora/triage/table.json
{{- end }}
{{- end }}

{{/* Where the console is, for itself, the single binary and the release's test. */}}
{{- define "lib.env.pages" -}}
BITACORA_CONSOLE_URL: {{ .Values.global.console.url | quote }}
BITACORA_CONSOLE_CLIENT_ID: {{ .Values.global.console.clientId | quote }}
{{- end }}

{{/* lib.triageTable: the ConfigMap with the table of triage, where the program is one that decides by it. */}}
{{- define "lib.triageTable" -}}
{{- if has .Chart.Name (list "workorder" "single") }}{{ .Values.global.rules.triageTable.existingConfigMap }}{{ end }}
{{- end }}

{{/* lib.env: all settings of the chart's program, each once: extraEnv wins. */}}
{{- define "lib.env" -}}
{{- $env := fromYaml (include (printf "lib.env.%s" (include "lib.kind" .)) .) -}}
{{- range $name, $value := .Values.extraEnv }}{{ $_ := set $env $name $value }}{{ end -}}
{{- range $name, $value := $env }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "lib.env.mongodb" -}}
BITACORA_MONGODB_URI_FILE: /etc/bitacora/mongodb/uri
BITACORA_MONGODB_DATABASE: {{ .Values.mongodb.database | default (printf "bitacora_%s" .Chart.Name) | quote }}
BITACORA_MONGODB_TIMEOUT: {{ .Values.global.mongodb.timeout | quote }}
{{- end }}

{{/* Settings of a service on MongoDB and Kafka. */}}
{{- define "lib.env.service" -}}
{{- $kafka := .Values.global.kafka -}}
{{ include "lib.env.common" . }}
{{ include "lib.env.rules" . }}
{{ include "lib.env.mongodb" . }}
BITACORA_KAFKA_BROKERS: {{ required "global.kafka.brokers is needed: a list of host:port" (join "," $kafka.brokers) | quote }}
BITACORA_KAFKA_REPLICATION_FACTOR: {{ $kafka.replicationFactor | quote }}
{{- with $kafka.prefix }}
BITACORA_KAFKA_PREFIX: {{ . | quote }}
{{- end }}
BITACORA_KAFKA_MANAGE_TOPICS: {{ $kafka.manageTopics | quote }}
BITACORA_KAFKA_TLS: {{ $kafka.tls.enabled | quote }}
{{- if and $kafka.tls.caSecret $kafka.tls.enabled }}
BITACORA_KAFKA_CA_FILE: /etc/bitacora/kafka-ca/ca.crt
{{- end }}
{{- with $kafka.sasl.mechanism }}
BITACORA_KAFKA_SASL_MECHANISM: {{ . | quote }}
BITACORA_KAFKA_SASL_PASSWORD_FILE: /etc/bitacora/kafka/password
{{- end }}
{{- end }}

{{/* Settings of the console. */}}
{{- define "lib.env.console" -}}
{{- $_ := required "global.console.url is needed: the console's address as browsers know it, such as https://bitacora.example.mx" .Values.global.console.url -}}
{{ include "lib.env.common" . }}
{{ include "lib.env.mongodb" . }}
{{ include "lib.env.pages" . }}
BITACORA_CONSOLE_SESSION_KEY_FILE: /etc/bitacora/session/session-key
BITACORA_CONSOLE_TIMEOUT: {{ .Values.timeout | quote }}
{{- range $service, $address := .Values.services }}
BITACORA_CONSOLE_{{ upper $service }}: {{ $address | default (printf "http://%s" (include "lib.nameOf" (list $ $service))) | quote }}
{{- end }}
{{- end }}

{{- define "lib.env.single" -}}
{{ include "lib.env.common" . }}
{{ include "lib.env.rules" . }}
{{- if .Values.global.console.url }}
{{ include "lib.env.pages" . }}
{{- end }}
BITACORA_DATA_DIR: /data
BITACORA_DEMO: "false"
{{- end }}

{{/* The one variable that is a reference: the program reads a user's name from nowhere else. */}}
{{- define "lib.env.references" -}}
{{- if and (eq (include "lib.kind" .) "service") .Values.global.kafka.sasl.mechanism (not (hasKey (.Values.extraEnv | default dict) "BITACORA_KAFKA_SASL_USER")) }}
- name: BITACORA_KAFKA_SASL_USER
  valueFrom: {secretKeyRef: {name: {{ include "lib.kafkaSecret" . | quote }}, key: username}}
{{- end }}
{{- end }}

{{- define "lib.kafkaSecret" -}}
{{ required "global.kafka.sasl.existingSecret is needed where a mechanism is set: keys username and password" (.Values.kafka.existingSecret | default .Values.global.kafka.sasl.existingSecret) }}
{{- end }}

{{- define "lib.mongodbSecret" -}}
{{ required "global.mongodb.existingSecret is needed: a Secret whose key uri is the connection string" (.Values.mongodb.existingSecret | default .Values.global.mongodb.existingSecret) }}
{{- end }}

{{/* Volumes of every program: name, mount path and source of each. */}}
{{- define "lib.files.common" -}}
tmp: {path: /tmp, source: {emptyDir: {sizeLimit: {{ .Values.tmpSize | quote }}}}}
{{- with .Values.global.caBundle.existingConfigMap }}
ca: {path: /etc/bitacora/ca, source: {configMap: {name: {{ . | quote }}}}}
{{- end }}
{{- with include "lib.triageTable" . }}
triage: {path: /etc/bitacora/triage, source: {configMap: {name: {{ . | quote }}, items: [{key: table.json, path: table.json}]}}}
{{- end }}
{{- end }}

{{- define "lib.files.single" -}}
{{ include "lib.files.common" . }}
{{- end }}

{{/* Of what has its store in MongoDB. */}}
{{- define "lib.files.mongodb" -}}
{{ include "lib.files.common" . }}
mongodb: {path: /etc/bitacora/mongodb, source: {secret: {secretName: {{ include "lib.mongodbSecret" . | quote }}, defaultMode: 0440, items: [{key: uri, path: uri}]}}}
{{- with .Values.global.mongodb.tlsSecret }}
mongodb-tls: {path: /etc/bitacora/mongodb-tls, source: {secret: {secretName: {{ . | quote }}, defaultMode: 0440}}}
{{- end }}
{{- end }}

{{- define "lib.files.console" -}}
{{- $session := required "console.session.existingSecret is needed: a Secret whose key session-key is 32 random bytes in base64" .Values.session.existingSecret -}}
{{ include "lib.files.mongodb" . }}
session: {path: /etc/bitacora/session, source: {secret: {secretName: {{ $session | quote }}, defaultMode: 0440, items: [{key: session-key, path: session-key}]}}}
{{- end }}

{{- define "lib.files.service" -}}
{{- $kafka := .Values.global.kafka -}}
{{ include "lib.files.mongodb" . }}
{{- if and $kafka.tls.caSecret $kafka.tls.enabled }}
kafka-ca: {path: /etc/bitacora/kafka-ca, source: {secret: {secretName: {{ $kafka.tls.caSecret | quote }}, defaultMode: 0440, items: [{key: ca.crt, path: ca.crt}]}}}
{{- end }}
{{- if $kafka.sasl.mechanism }}
kafka: {path: /etc/bitacora/kafka, source: {secret: {secretName: {{ include "lib.kafkaSecret" . | quote }}, defaultMode: 0440, items: [{key: password, path: password}]}}}
{{- end }}
{{- end }}

{{/* lib.volumes, lib.mounts: of what lib.files.* says. */}}
{{- define "lib.volumes" -}}
{{- range $name, $file := fromYaml . }}
- {{ dict "name" $name | merge $file.source | toYaml | nindent 2 | trim }}
{{- end }}
{{- end }}

{{- define "lib.mounts" -}}
{{- range $name, $file := fromYaml . }}
- name: {{ $name }}
  mountPath: {{ $file.path }}
  {{- if ne $name "tmp" }}
  readOnly: true
  {{- end }}
{{- end }}
{{- end }}

{{- define "lib.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata: {{- include "lib.meta" . | nindent 2 }}
data: {{- include "lib.env" . | trim | nindent 2 }}
{{- end }}
