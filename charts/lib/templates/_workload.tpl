{{/* lib.kind: "service" for what runs on MongoDB and Kafka, "console" for the console, on MongoDB and the services, "single" for the single
     binary on its own volume. */}}
{{- define "lib.kind" -}}
{{ ternary .Chart.Name "service" (has .Chart.Name (list "console" "single")) }}
{{- end }}

{{- define "lib.program" -}}
{{ ternary "bitacora" .Chart.Name (eq .Chart.Name "single") }}
{{- end }}

{{- define "lib.podMetadata" -}}
labels: {{- include "lib.labels" . | nindent 2 }}
annotations:
  checksum/config: {{ include "lib.env" . | sha256sum }}
  {{- with .Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Where the autoscaler rules the number of pods, the manifest repeats the one that runs. Leaving it out would make Kubernetes take its own,
     1, at the upgrade that switches the autoscaler on. Nothing is said where nothing runs yet, or where the cluster is not asked (helm template). */}}
{{- define "lib.replicas" -}}
{{- if not .Values.autoscaling.enabled }}{{ .Values.replicas }}
{{- else }}{{ dig "spec" "replicas" "" (lookup "apps/v1" "Deployment" .Release.Namespace (include "lib.name" .)) }}
{{- end }}
{{- end }}

{{- define "lib.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata: {{- include "lib.meta" . | nindent 2 }}
spec:
  {{- with include "lib.replicas" . }}
  replicas: {{ . }}
  {{- end }}
  revisionHistoryLimit: 5
  # One more before one less: never fewer than asked for.
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  selector:
    matchLabels: {{- include "lib.selector" . | nindent 6 }}
  template:
    metadata: {{- include "lib.podMetadata" . | nindent 6 }}
    spec: {{- include "lib.pod.serving" . | nindent 6 }}
{{- end }}

{{/* lib.bytes: a quantity of bytes as a number, to compare "1024Mi" with "1Gi". */}}
{{- define "lib.bytes" -}}
{{- $factors := dict "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- mulf (regexFind "^[0-9.]+" . | float64) (get $factors (regexFind "[A-Za-z]*$" .) | float64) | printf "%.0f" }}
{{- end }}

{{/* Kubernetes refuses to change the volume of a StatefulSet that is there, in words that name neither the value nor the way out. */}}
{{- define "lib.volumeUnchanged" -}}
{{- range dig "spec" "volumeClaimTemplates" list (lookup "apps/v1" "StatefulSet" .Release.Namespace (include "lib.name" .)) }}
{{- $is := .spec.resources.requests.storage }}
{{- if ne (include "lib.bytes" $is) (include "lib.bytes" $.Values.storage.size) }}
{{- fail (printf "storage.size is %s, and the StatefulSet %s was made with %s, which Kubernetes never changes. A larger volume: deploy/README.md, \"A larger volume\"; a smaller one: backup and restore" $.Values.storage.size (include "lib.name" $) $is) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "lib.statefulset" -}}
{{- include "lib.volumeUnchanged" . -}}
apiVersion: apps/v1
kind: StatefulSet
metadata: {{- include "lib.meta" . | nindent 2 }}
spec:
  # One process locks the folder; a second one would wait for ever.
  replicas: 1
  serviceName: {{ include "lib.name" . }}
  revisionHistoryLimit: 5
  selector:
    matchLabels: {{- include "lib.selector" . | nindent 6 }}
  template:
    metadata: {{- include "lib.podMetadata" . | nindent 6 }}
    spec: {{- include "lib.pod.serving" . | nindent 6 }}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .Values.storage.className }}
        storageClassName: {{ . | quote }}
        {{- end }}
        resources: {requests: {storage: {{ .Values.storage.size | quote }}}}
{{- end }}

{{/* Before pods of a new release start: indexes and topics. It may be repeated, and the previous release's pods go on beside it.
     A hook finds nothing else of the release yet, hence its settings are written into it. */}}
{{- define "lib.migrate" -}}
{{- $files := include (printf "lib.files.%s" (include "lib.kind" .)) . -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "lib.name" . }}-migrate
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "lib.migrateLabels" . | nindent 4 }}
  annotations: {{- include "lib.hook" (list "pre-install,pre-upgrade" 0 "before-hook-creation,hook-succeeded") | nindent 4 }}
spec:
  backoffLimit: 10
  activeDeadlineSeconds: 900
  template:
    metadata:
      labels: {{- include "lib.migrateLabels" . | nindent 8 }}
    spec:
      restartPolicy: OnFailure
      {{- include "lib.pod.security" . | nindent 6 }}
      {{- with include "lib.pod.place" . | trim }}{{ . | nindent 6 }}{{ end }}
      containers:
        - name: migrate
          image: {{ include "lib.image" (list . .Chart.Name .Values.image.digest) | quote }}
          imagePullPolicy: {{ .Values.global.image.pullPolicy | quote }}
          args: [migrate]
          env:
            {{- range $name, $value := fromYaml (include "lib.env" .) }}
            - {name: {{ $name }}, value: {{ $value | quote }}}
            {{- end }}
            {{- with include "lib.env.references" . | trim }}{{ . | nindent 12 }}{{ end }}
          resources: {{- toYaml .Values.resources | nindent 12 }}
          {{- include "lib.container.security" . | nindent 10 }}
          volumeMounts: {{- include "lib.mounts" $files | trim | nindent 12 }}
      volumes: {{- include "lib.volumes" $files | trim | nindent 8 }}
{{- end }}

{{/* A hook that failed stays, for its logs, and Helm leaves hooks behind when a release is deleted. This one, of the same name, has the failed
     one deleted before itself; it asks for no pod, so that it is over at once, and goes too. */}}
{{- define "lib.migrateEnd" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "lib.name" . }}-migrate
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "lib.migrateLabels" . | nindent 4 }}
  annotations: {{- include "lib.hook" (list "pre-delete" 0 "before-hook-creation,hook-succeeded") | nindent 4 }}
spec:
  parallelism: 0
  completions: 0
  template:
    metadata:
      labels: {{- include "lib.migrateLabels" . | nindent 8 }}
    spec:
      restartPolicy: Never
      {{- include "lib.pod.security" . | nindent 6 }}
      containers:
        - name: migrate
          image: {{ include "lib.image" (list . .Chart.Name .Values.image.digest) | quote }}
          args: [migrate]
          {{- include "lib.container.security" . | nindent 10 }}
{{- end }}

{{- define "lib.migrateLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-migrate
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/part-of: bitacora
{{- end }}

{{/* lib.hook: (list "when" weight "delete policy") */}}
{{- define "lib.hook" -}}
helm.sh/hook: {{ index . 0 }}
helm.sh/hook-weight: {{ index . 1 | quote }}
helm.sh/hook-delete-policy: {{ index . 2 }}
{{- end }}

{{- define "lib.serviceaccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata: {{- include "lib.meta" . | nindent 2 }}
automountServiceAccountToken: false
{{- end }}
