{{/* Names and labels. The context is always that of the chart that includes. */}}

{{- define "lib.name" -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "lib.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "lib.labels" -}}
{{ include "lib.selector" . }}
app.kubernetes.io/version: {{ include "lib.tag" . | trunc 63 | quote }}
app.kubernetes.io/part-of: bitacora
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "lib.tag" -}}
{{ .Values.global.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "lib.meta" -}}
name: {{ include "lib.name" . }}
namespace: {{ .Release.Namespace }}
labels: {{- include "lib.labels" . | nindent 2 }}
{{- end }}

{{/* lib.image: (list $ "program") */}}
{{- define "lib.image" -}}
{{- $ := index . 0 -}}
{{ printf "%s/%s:%s" $.Values.global.image.registry (index . 1) (include "lib.tag" $) }}
{{- end }}
