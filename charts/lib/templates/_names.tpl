{{/* Names and labels. The context is always that of the chart that includes. */}}

{{- define "lib.name" -}}
{{ include "lib.nameOf" (list . .Chart.Name) }}
{{- end }}

{{/* lib.nameOf: (list $ "part"). The longest that is made of it, "<release>-workorder-migrate", names a Job and must fit in a label (63);
     cutting would give two parts one name. */}}
{{- define "lib.nameOf" -}}
{{- $release := (index . 0).Release.Name -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $release) }}{{ fail (printf "the release name %q cannot begin a Service's name: small letters, digits and '-', a letter first, no '.'" $release) }}{{ end -}}
{{- if gt (len $release) 45 }}{{ fail (printf "the release name %q is too long: at most 45 characters" $release) }}{{ end -}}
{{ printf "%s-%s" $release (index . 1) }}
{{- end }}

{{- define "lib.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "lib.labels" -}}
{{ include "lib.selector" . }}
app.kubernetes.io/version: {{ include "lib.labelValue" (include "lib.tag" .) | quote }}
app.kubernetes.io/part-of: bitacora
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ include "lib.labelValue" (printf "%s-%s" .Chart.Name .Chart.Version) | quote }}
{{- end }}

{{/* lib.labelsBeside: (list $ labels): the chart's own and those, of which none replaces one of the chart's own. */}}
{{- define "lib.labelsBeside" -}}
{{- $own := fromYaml (include "lib.labels" (index . 0)) -}}
{{- toYaml (merge $own (index . 1 | default dict)) }}
{{- end }}

{{/* lib.labelValue: a text as a label can hold it: at most 63 characters, none that a label refuses. A version may be longer, and have a '+'. */}}
{{- define "lib.labelValue" -}}
{{ regexReplaceAll "[^A-Za-z0-9_.-]" . "_" | trunc 63 | trimAll "-_." }}
{{- end }}

{{/* An image's tag has no '+', which a version may have: `make images` puts '_' in its place, too. */}}
{{- define "lib.tag" -}}
{{ .Values.global.image.tag | default (replace "+" "_" .Chart.AppVersion) }}
{{- end }}

{{- define "lib.meta" -}}
name: {{ include "lib.name" . }}
namespace: {{ .Release.Namespace | quote }}
labels: {{- include "lib.labels" . | nindent 2 }}
{{- end }}

{{/* lib.image: (list $ "program" "digest or nothing") */}}
{{- define "lib.image" -}}
{{- $ := index . 0 -}}
{{ printf "%s/%s" $.Values.global.image.registry (index . 1) }}{{ with index . 2 }}@{{ . }}{{ else }}:{{ include "lib.tag" $ }}{{ end }}
{{- end }}
