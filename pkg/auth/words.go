package auth

import "github.com/bitacora-salud/bitacora/pkg/mx"

var _ = mx.Define("role", mx.Words{
	{"requester", "Solicitante", "Requester"},
	{"unit_director", "Titular de la unidad", "Unit director"},
	{"biomedical_engineer", "Ingeniería biomédica", "Biomedical engineer"},
	{"technician", "Técnico(a)", "Technician"},
	{"contractor", "Contratista", "Contractor"},
	{"office_administrator", "Subdelegación de Administración", "Office administrator"},
	{"contract_administrator", "Administrador(a) del contrato", "Contract administrator"},
	{"planner", "Planeación", "Planner"},
	{"auditor", "Auditoría", "Auditor"},
	{"admin", "Administración del sistema", "System administrator"},
})
