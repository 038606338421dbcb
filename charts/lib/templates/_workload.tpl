{{/* lib.kind: "service" for what runs on MongoDB and Kafka, "single" for the single binary on its own volume. */}}
{{- define "lib.kind" -}}
{{ ternary "single" "service" (eq .Chart.Name "single") }}
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

{{- define "lib.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata: {{- include "lib.meta" . | nindent 2 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
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

{{- define "lib.statefulset" -}}
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
{{- $files := include "lib.files.service" . -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "lib.name" . }}-migrate
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "lib.migrateLabels" . | nindent 4 }}
  annotations: {{- include "lib.migrateHook" (list . 0 "before-hook-creation,hook-succeeded") | nindent 4 }}
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

{{- define "lib.migrateLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-migrate
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/part-of: bitacora
{{- end }}

{{- define "lib.migrateHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ index . 1 | quote }}
helm.sh/hook-delete-policy: {{ index . 2 }}
{{- end }}

{{- define "lib.serviceaccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata: {{- include "lib.meta" . | nindent 2 }}
automountServiceAccountToken: false
{{- end }}
